import { isFloating } from "../core/dtype.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { barrier } from "../ops/barrier.ts";
import { gradients } from "./gradients.ts";

/**
 * Inputs: the result, then everything that it was made of. The gradient does not use what was computed on the way to
 * the result, but computes it again.
 */
const checkpointOp: Op<Record<string, never>> = defineOp<Record<string, never>>({
  name: "checkpoint",
  shape: ([result]) => result!,
  reference: ([result], _, out) => out.data.set(result!.data),
  decompose: ([result]) => result!,
  vjp: ({ inputs: [result, ...sources], gradient }) => {
    const late = new Map(sources.map((source) => [source, barrier(source, gradient)]));
    const targets = sources.filter((source) => isFloating(source.dtype));
    const found = gradients(
      rebuild(result!, late),
      targets.map((target) => late.get(target)!),
      gradient,
    );
    return [undefined, ...sources.map((source) => found[targets.indexOf(source)])];
  },
  examples: (draw) => {
    const shape = draw.shape(2);
    return { inputs: [{ shape }, { shape }], attrs: {} };
  },
});

/**
 * Runs part of a network so that its inner values are not kept for the gradient but computed again when needed: less
 * memory for about one more forward pass of that part.
 *
 * Random numbers drawn inside are the same the second time.
 */
export function checkpoint<Args extends readonly Tensor[]>(
  fn: (...args: Args) => Tensor,
  ...args: Args
): Tensor {
  const before = Math.max(-1, ...args.map((arg) => arg.id));
  const result = fn(...args);
  const sources = sourcesOf(result, before);
  return sources.length === 0 || sources.includes(result)
    ? result
    : apply(checkpointOp, [result, ...sources], {});
}

/** What `result` is made of: leaves, and tensors that were there before number `before`. */
function sourcesOf(result: Tensor, before: number): Tensor[] {
  const seen = new Set<Tensor>();
  const sources: Tensor[] = [];
  const stack = [result];
  while (stack.length > 0) {
    const tensor = stack.pop()!;
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    if (tensor.source.kind === "node" && tensor.id > before && tensor.source.inputs.length > 0) {
      stack.push(...tensor.source.inputs);
    } else sources.push(tensor);
  }
  return sources;
}

/** The same computation on other sources. */
function rebuild(result: Tensor, sources: ReadonlyMap<Tensor, Tensor>): Tensor {
  const made = new Map(sources);
  const visit = (tensor: Tensor): Tensor => {
    const known = made.get(tensor);
    if (known) return known;
    if (tensor.source.kind !== "node") return tensor;
    const { op, inputs, attrs } = tensor.source;
    const copy = apply(op, inputs.map(visit), attrs);
    made.set(tensor, copy);
    return copy;
  };
  return visit(result);
}
