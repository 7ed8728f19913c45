import { ArgumentError } from "../../core/errors.ts";
import type { Graph } from "../../core/graph.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Variable } from "../../core/variable.ts";
import { broadcastOperands, type Operand } from "./broadcast-operands.ts";
import type { NetworkGraph, NetworkNode, NetworkValue } from "./network-graph.ts";
import { type Keeps, replaceOps } from "./replace-ops.ts";
import {
  type Exportable,
  type InputSpec,
  type NetworkOptions,
  namedInputs,
  type TracedNetwork,
  traceNetwork,
} from "./trace-network.ts";

/** A network as plain data, and what its weights and constants are. */
export interface Network {
  readonly graph: NetworkGraph;
  readonly variables: ReadonlyMap<string, Variable>;
  readonly constants: ReadonlyMap<string, Tensor>;
}

/**
 * A network in evaluation mode as plain data.
 *
 * @param inputs the shape of the input, with the batch, or what there is to say about each.
 * @throws ArgumentError if the network draws random numbers or changes its own variables.
 */
export async function networkGraph(
  network: Exportable,
  inputs: InputSpec | readonly InputSpec[],
  options: NetworkOptions = {},
): Promise<NetworkGraph> {
  const traced = await traceNetwork(network, namedInputs(inputs), options);
  return buildNetwork(traced, () => true).graph;
}

/** @param keeps which operations stay; others are decomposed. */
export function buildNetwork(traced: TracedNetwork, keeps: Keeps): Network {
  const graph = replaceOps(traced.graph, keeps);
  const steps = liveSteps(graph);
  const leafAt = new Map(graph.inputs.map((node, i) => [node, traced.leaves[i]!]));
  const names = graph.nodes.map((_, index) => leafAt.get(index)?.name ?? `t${index}`);
  const nodes: NetworkNode[] = [];
  const outputs = nameOutputs(graph, traced.outputNames, names);
  for (const { index, op, operands, attrs } of steps) {
    const { shape, dtype } = graph.nodes[index]!;
    const inputs = operands.map((operand) => {
      return typeof operand === "number" ? names[operand]! : scalarIn(nodes, operand);
    });
    nodes.push({ op, inputs, output: names[index]!, attrs, shape, dtype });
  }
  for (const { name, value, shape, dtype } of outputs) {
    // A result that is an input, a weight or another result has no name of its own yet.
    if (value !== name)
      nodes.push({ op: "reshape", inputs: [value], output: name, attrs: { shape }, shape, dtype });
  }
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const leaves = traced.leaves.filter(({ name }) => used.has(name));
  const weights = leaves.filter((leaf) => leaf.kind === "weight");
  const constants = leaves.filter((leaf) => leaf.kind === "constant");
  const network: NetworkGraph = {
    inputs: traced.inputs,
    outputs: outputs.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
    weights: Object.fromEntries(weights.map(({ name, variable }) => [name, variable.shape])),
    constants: Object.fromEntries(constants.map(({ name, tensor }) => [name, tensor.shape])),
    nodes,
  };
  requireUniqueNames(network);
  return {
    graph: network,
    variables: new Map(weights.map(({ name, variable }) => [name, variable])),
    constants: new Map(constants.map(({ name, tensor }) => [name, tensor])),
  };
}

/** Gives the nodes of results their names, and says which value each output has. */
function nameOutputs(
  { nodes, outputs }: Graph,
  wanted: readonly string[],
  names: string[],
): (NetworkValue & { readonly value: string })[] {
  const named = new Set<number>();
  for (const [i, { node }] of outputs.entries()) {
    if (named.has(node) || nodes[node]!.op === "input") continue;
    names[node] = wanted[i]!;
    named.add(node);
  }
  return outputs.map(({ node }, i) => {
    const { shape, dtype } = nodes[node]!;
    return { name: wanted[i]!, value: names[node]!, shape, dtype };
  });
}

/** The name of a number as a tensor without axes; equal ones are made once. */
function scalarIn(nodes: NetworkNode[], { value, dtype }: Exclude<Operand, number>): string {
  const output = `${dtype}(${Object.is(value, -0) ? "-0" : value})`;
  if (!nodes.some((node) => node.output === output)) {
    nodes.push({ op: "full", inputs: [], output, attrs: { value, shape: [], dtype }, shape: [], dtype });
  }
  return output;
}

interface Step {
  readonly index: number;
  readonly op: string;
  readonly operands: readonly Operand[];
  readonly attrs: NetworkNode["attrs"];
}

/** What the outputs need, in order, with biases inside their convolutions and operands that broadcast. */
function liveSteps(graph: Graph): Step[] {
  const uses = graph.nodes.map(() => 0);
  for (const { inputs } of graph.nodes) for (const input of inputs) uses[input]!++;
  for (const { node } of graph.outputs) uses[node]!++;
  const needed = new Set(graph.outputs.map(({ node }) => node));
  const steps: Step[] = [];
  for (let index = graph.nodes.length - 1; index >= 0; index--) {
    const { op, attrs } = graph.nodes[index]!;
    if (!needed.has(index) || op === "input") continue;
    const step = biasedConvolution(graph, index, uses) ?? {
      index,
      op,
      attrs,
      operands: broadcastOperands(graph, index),
    };
    for (const operand of step.operands) if (typeof operand === "number") needed.add(operand);
    steps.push(step);
  }
  return steps.reverse();
}

/** conv(x, w) + reshape(bias, [C, 1, 1]) as a convolution of three operands, if that is what node `index` is. */
function biasedConvolution(graph: Graph, index: number, uses: readonly number[]): Step | undefined {
  const sum = graph.nodes[index]!;
  if (sum.op !== "add") return undefined;
  const [first, second] = broadcastOperands(graph, index);
  if (typeof first !== "number" || typeof second !== "number") return undefined;
  const convolution = graph.nodes[first]!;
  const bias = graph.nodes[second]!;
  const source = graph.nodes[bias.inputs[0]!];
  const isBias =
    (convolution.op === "conv" || convolution.op === "convInputGrad") &&
    uses[first] === 1 &&
    bias.op === "reshape" &&
    bias.shape.length === sum.shape.length - 1 &&
    bias.shape[0] === sum.shape[1] &&
    bias.shape.slice(1).every((extent) => extent === 1) &&
    source?.shape.length === 1;
  if (!isBias) return undefined;
  const { op, inputs, attrs } = convolution;
  return { index, op, operands: [...inputs, bias.inputs[0]!], attrs };
}

function requireUniqueNames({ inputs, weights, constants, nodes }: NetworkGraph): void {
  const seen = new Set<string>();
  const names = [
    ...inputs.map(({ name }) => name),
    ...Object.keys(weights),
    ...Object.keys(constants),
    ...nodes.map(({ output }) => output),
  ];
  for (const name of names) {
    if (seen.has(name) || name === "") {
      throw new ArgumentError(
        name === ""
          ? "an input or output has an empty name"
          : `two values of the network are called "${name}": name its inputs and outputs otherwise`,
      );
    }
    seen.add(name);
  }
}
