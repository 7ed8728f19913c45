import { trace } from "../../../dist/compiler/trace.js";
import { type Attrs, type Graph, type Shape, Tensor, type Variable } from "../../../dist/index.js";
import type { Module } from "../../../dist/nn/index.js";

/** An operation of Fovea by its name and attributes; its operands are weights or earlier results by name. */
export interface ExportedNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attrs: Attrs;
  readonly shape: Shape;
}

/**
 * A network in evaluation mode as plain data, from which every peer gets it.
 *
 * It is Fovea's own graph but for two things that Fovea writes at greater length than its peers do: the bias of a
 * convolution is its third operand, and operands of elementwise operations are broadcast without being expanded.
 */
export interface ExportedNetwork {
  readonly input: { readonly name: string; readonly shape: Shape };
  readonly output: { readonly name: string; readonly shape: Shape };
  /** Shapes of the parameters and running statistics by their paths. */
  readonly weights: Readonly<Record<string, Shape>>;
  /** In an order in which they can be computed. */
  readonly nodes: readonly ExportedNode[];
}

/** @param inputShape with the batch. */
export function exportNetwork(model: Module, inputShape: Shape): ExportedNetwork {
  model.eval();
  const x = Tensor.input({ shape: inputShape, dtype: "float32" });
  const { graph, bindings } = trace(
    [x],
    () => model.forward(x),
    (y) => [y],
  );
  const paths = new Map<Variable, string>(
    [...model.namedParameters(), ...model.namedBuffers()].map(([path, variable]) => [variable, path]),
  );
  const names = graph.nodes.map((_, index) => `t${index}`);
  const weights: Record<string, Shape> = {};
  for (const [position, binding] of bindings.entries()) {
    const index = graph.inputs[position]!;
    if (binding.kind === "constant") throw new Error(`the network has a constant at %${index}`);
    if (binding.kind === "argument") names[index] = "images";
    else {
      const path = paths.get(binding.variable);
      if (path === undefined) throw new Error(`%${index} is a variable outside the network`);
      names[index] = path;
      weights[path] = binding.variable.shape;
    }
  }
  const result = graph.outputs[0]!.node;
  names[result] = "logits";
  const nodes = liveNodes(graph, result).map(({ index, op, inputs, attrs }) => ({
    op,
    inputs: inputs.map((input) => names[input]!),
    output: names[index]!,
    attrs,
    shape: graph.nodes[index]!.shape,
  }));
  const output = { name: names[result]!, shape: graph.nodes[result]!.shape };
  return { input: { name: "images", shape: inputShape }, output, weights, nodes };
}

interface Step {
  readonly index: number;
  readonly op: string;
  readonly inputs: readonly number[];
  readonly attrs: Attrs;
}

/** What `result` needs, in order, with biases inside their convolutions and without expansions. */
function liveNodes(graph: Graph, result: number): Step[] {
  const needed = new Set([result]);
  const steps: Step[] = [];
  for (let index = result; index >= 0; index--) {
    const node = graph.nodes[index]!;
    if (!needed.has(index) || node.op === "input") continue;
    const step = biasedConvolution(graph, index) ?? {
      index,
      ...node,
      inputs: node.inputs.map((input) => unexpanded(graph, input)),
    };
    for (const input of step.inputs) needed.add(input);
    steps.push(step);
  }
  return steps.reverse();
}

function unexpanded(graph: Graph, index: number): number {
  const node = graph.nodes[index]!;
  return node.op === "expand" ? unexpanded(graph, node.inputs[0]!) : index;
}

/** conv(x, w) + reshape(bias, [C, 1, 1]) as a convolution of three operands, if that is what node `index` is. */
function biasedConvolution(graph: Graph, index: number): Step | undefined {
  const sum = graph.nodes[index]!;
  if (sum.op !== "add") return undefined;
  const convolution = graph.nodes[sum.inputs[0]!]!;
  const bias = graph.nodes[unexpanded(graph, sum.inputs[1]!)]!;
  const source = bias.inputs[0]!;
  const isBias =
    convolution.op === "conv" &&
    bias.op === "reshape" &&
    bias.shape[0] === sum.shape[1] &&
    bias.shape.slice(1).every((extent) => extent === 1) &&
    graph.nodes[source]!.op === "input";
  if (!isBias) return undefined;
  return { index, op: "conv", inputs: [...convolution.inputs, source], attrs: convolution.attrs };
}
