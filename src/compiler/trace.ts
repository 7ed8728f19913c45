import { ArgumentError } from "../core/errors.ts";
import { type Graph, GraphBuilder, type GraphOutput } from "../core/graph.ts";
import { type Guard, withGuards } from "../core/guard.ts";
import { Tensor } from "../core/tensor.ts";
import { type Variable, withVariableScope } from "../core/variable.ts";

/** A leaf of a traced graph: an argument of the function, a variable's content, or a fixed value. */
export type Binding =
  | { readonly kind: "argument"; readonly index: number }
  | { readonly kind: "variable"; readonly variable: Variable }
  | { readonly kind: "constant"; readonly tensor: Tensor };

export interface TracedGraph {
  readonly graph: Graph;
  /** What fills each of the graph's inputs. */
  readonly bindings: readonly Binding[];
  /** The variables that take over the outputs after the results, in order. */
  readonly written: readonly Variable[];
}

export interface Trace<R> extends TracedGraph {
  readonly result: R;
  readonly guards: readonly Guard[];
}

/** Runs `body` once on placeholders and records what it computes, which variables it reads and which it writes. */
export function trace<R>(
  args: readonly Tensor[],
  body: () => R,
  resultsOf: (result: R) => readonly Tensor[],
): Trace<R> {
  const read = new Map<Variable, Tensor>();
  const current = new Map<Variable, Tensor>();
  const scope = {
    read(variable: Variable): Tensor {
      const known = current.get(variable);
      if (known) return known;
      const placeholder = Tensor.input(variable);
      read.set(variable, placeholder);
      current.set(variable, placeholder);
      return placeholder;
    },
    write(variable: Variable, value: Tensor): void {
      current.set(variable, value);
    },
  };
  const { result, guards } = withGuards(() => withVariableScope(scope, body));
  const written = [...current].filter(([variable, value]) => read.get(variable) !== value);
  const leaves = new Map<Tensor, Binding>();
  args.forEach((arg, index) => {
    leaves.set(arg, { kind: "argument", index });
  });
  for (const [variable, placeholder] of read) leaves.set(placeholder, { kind: "variable", variable });
  const traced = buildGraph(
    resultsOf(result),
    written.map(([variable, value]) => ({ variable, value })),
    leaves,
    true,
  );
  return { ...traced, result, guards };
}

/**
 * Collects the graph behind some tensors.
 *
 * @param results tensors whose values come to the host.
 * @param updates variables and their new contents, which stay with the backend.
 * @param leaves what the placeholders stand for; any other leaf is a constant.
 * @param lasting whether the graph is likely to run again with the same variables and constants.
 */
export function buildGraph(
  results: readonly Tensor[],
  updates: readonly { readonly variable: Variable; readonly value: Tensor }[],
  leaves: ReadonlyMap<Tensor, Binding> = new Map(),
  lasting = false,
): TracedGraph {
  const builder = new GraphBuilder();
  const bindings: Binding[] = [];
  const positions = new Map<Tensor, number>();
  const byVariable = new Map<Variable, number>();
  const addLeaf = (tensor: Tensor, binding: Binding): number => {
    if (binding.kind === "variable") byVariable.set(binding.variable, bindings.length);
    bindings.push(binding);
    return builder.input(tensor, lasting && binding.kind !== "argument");
  };
  for (const [tensor, binding] of leaves) {
    if (binding.kind === "argument") positions.set(tensor, addLeaf(tensor, binding));
  }
  for (const tensor of inOrder([...results, ...updates.map((update) => update.value)])) {
    if (positions.has(tensor)) continue;
    const { source } = tensor;
    if (source.kind === "node") {
      const inputs = source.inputs.map((input) => positions.get(input)!);
      positions.set(tensor, builder.add(source.op.name, inputs, source.attrs));
    } else {
      const binding = leaves.get(tensor) ?? constantBinding(tensor);
      positions.set(tensor, addLeaf(tensor, binding));
    }
  }
  const outputs: GraphOutput[] = results.map((tensor) => ({ node: positions.get(tensor)!, resident: false }));
  for (const { variable, value } of updates) {
    // Also a variable that nobody reads is an input, so that its memory is written over.
    const replaces = byVariable.get(variable) ?? bindings.length;
    if (replaces === bindings.length) addLeaf(Tensor.input(variable), { kind: "variable", variable });
    outputs.push({ node: positions.get(value)!, resident: true, replaces });
  }
  return { graph: builder.finish(outputs), bindings, written: updates.map((update) => update.variable) };
}

function constantBinding(tensor: Tensor): Binding {
  if (tensor.source.kind !== "value") {
    throw new ArgumentError(
      `${tensor} is an argument of another trace: it left the function that was being traced`,
    );
  }
  return { kind: "constant", tensor };
}

/** All tensors behind `outputs`, inputs before what is made of them (ids grow in that order). */
function inOrder(outputs: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  const stack = [...outputs];
  while (stack.length > 0) {
    const tensor = stack.pop()!;
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    if (tensor.source.kind === "node") stack.push(...tensor.source.inputs);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
