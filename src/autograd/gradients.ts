import { isFloating } from "../core/dtype.ts";
import { ArgumentError, ShapeError } from "../core/errors.ts";
import type { OpDefinition } from "../core/op.ts";
import { sameShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { tensorsBehind } from "../core/tensors-behind.ts";
import { add } from "../ops/arithmetic.ts";
import { ones, zeros } from "../ops/like.ts";

/** Vector-Jacobian products that stand in for ops' own, by the op's name. */
// biome-ignore lint/suspicious/noExplicitAny: ops have attributes of every type
export type BackwardRules = ReadonlyMap<string, NonNullable<OpDefinition<any>["vjp"]>>;

const noRules: BackwardRules = new Map();

/**
 * Gradients of `output` with respect to `wrt`: the graph transform behind everything else here.
 *
 * Walks the graph backwards and adds up the ops' vector-Jacobian products; the result is ordinary lazy tensors, so it
 * can be differentiated again.
 *
 * @param seed the gradient that flows into `output`; default 1, for which `output` must have one element.
 * @param rules what some ops pass back instead of their gradient, as guided backpropagation wants it of ReLU; they hold
 * inside the decompositions of other ops too.
 * @returns one tensor per element of `wrt`, of its shape; zeros where `output` does not depend on it.
 * @throws ArgumentError if `output` may have depended on a target through a tensor whose value was read already: reading
 * forgets what a tensor was made of, so take gradients first.
 */
export function gradients(
  output: Tensor,
  wrt: readonly Tensor[],
  seed?: Tensor,
  rules: BackwardRules = noRules,
): Tensor[] {
  for (const target of [output, ...wrt]) {
    if (!isFloating(target.dtype)) {
      throw new ArgumentError(`gradients: ${target} has whole-number elements, so it has no gradient`);
    }
  }
  if (!seed && output.size !== 1) {
    throw new ShapeError("gradients", "only a scalar has a gradient without a seed", {
      output: output.shape,
    });
  }
  if (seed && !sameShape(seed.shape, output.shape)) {
    throw new ShapeError("gradients", "the seed must have the output's shape", {
      output: output.shape,
      seed: seed.shape,
    });
  }
  const found = backward(output, new Set(wrt), seed ?? ones(output.shape, output.dtype), rules, false);
  if (wrt.some((target) => !found.has(target))) refuseForgotten(output, new Set(wrt));
  return wrt.map((target) => found.get(target) ?? zeros(target.shape, target.dtype));
}

/**
 * The gradients that reach `targets`.
 *
 * @param independent whether to stop at targets, so that one which is made of another does not pass anything on to it.
 */
function backward(
  output: Tensor,
  targets: ReadonlySet<Tensor>,
  seed: Tensor,
  rules: BackwardRules,
  independent: boolean,
): Map<Tensor, Tensor> {
  const path = dependents(output, targets, independent);
  const found = new Map<Tensor, Tensor>();
  if (path.has(output)) found.set(output, seed);
  for (const node of [...path].reverse()) {
    const gradient = found.get(node);
    if (!gradient || node.source.kind !== "node" || (independent && targets.has(node))) continue;
    const { inputs } = node.source;
    pullBack(node, gradient, path, rules).forEach((contribution, i) => {
      if (!contribution) return;
      const sum = found.get(inputs[i]!);
      found.set(inputs[i]!, sum ? add(sum, contribution) : contribution);
    });
  }
  return found;
}

function refuseForgotten(output: Tensor, targets: ReadonlySet<Tensor>): void {
  const forgotten = tensorsBehind(output, targets).find((tensor) => tensor.forgotten);
  if (!forgotten) return;
  throw new ArgumentError(
    `gradients: the way to a variable leads through ${forgotten}, whose value was read already; take gradients before reading values`,
  );
}

/** The tensors behind `output` (itself included) that a change of a target changes, in the order of their ids. */
function dependents(output: Tensor, targets: ReadonlySet<Tensor>, independent: boolean): Set<Tensor> {
  const behind = independent
    ? [...targets, ...tensorsBehind(output, targets)]
    : tensorsBehind(output, new Set());
  const path = new Set<Tensor>();
  for (const tensor of behind.sort((a, b) => a.id - b.id)) {
    const { source } = tensor;
    const changes =
      source.kind === "node" &&
      source.op.differentiable !== false &&
      isFloating(tensor.dtype) &&
      source.inputs.some((input) => path.has(input));
    if (targets.has(tensor) || changes) path.add(tensor);
  }
  return path;
}

/** Gradients of one node with respect to those of its inputs that lie on the path. */
function pullBack(
  node: Tensor,
  gradient: Tensor,
  path: ReadonlySet<Tensor>,
  rules: BackwardRules,
): readonly (Tensor | undefined)[] {
  if (node.source.kind !== "node") return [];
  const { op, inputs, attrs } = node.source;
  const needs = (i: number): boolean => path.has(inputs[i]!);
  const vjp = rules.get(op.name) ?? op.vjp;
  if (vjp) {
    const found = vjp({ inputs, output: node, gradient, attrs, needs });
    return inputs.map((_, i) => (needs(i) ? found[i] : undefined));
  }
  const wanted = new Set(inputs.filter((_, i) => needs(i)));
  const found = backward(op.decompose!(inputs, attrs), wanted, gradient, rules, true);
  // An operand that stands in two places has its whole gradient already: hand it out once.
  return inputs.map((input, i) => (inputs.indexOf(input) === i ? found.get(input) : undefined));
}
