import { ArgumentError } from "../../core/errors.ts";
import type { Graph } from "../../core/graph.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Variable } from "../../core/variable.ts";
import type { Operand } from "./broadcast-operands.ts";
import { biasedConvolution } from "./combine/biased-convolution.ts";
import type { Combination } from "./combine/combination.ts";
import { liveSteps } from "./live-steps.ts";
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

/**
 * @param keeps which operations stay; others are decomposed.
 * @param combinations what is written as one operation besides convolutions with their biases.
 */
export function buildNetwork(
  traced: TracedNetwork,
  keeps: Keeps,
  combinations: readonly Combination[] = [],
): Network {
  const graph = replaceOps(traced.graph, keeps);
  const steps = liveSteps(graph, [biasedConvolution, ...combinations]);
  const leafAt = new Map(graph.inputs.map((node, i) => [node, traced.leaves[i]!]));
  const names = graph.nodes.map((_, index) => leafAt.get(index)?.name ?? `%${index}`);
  const nodes: NetworkNode[] = [];
  const scalars = new Set<string>();
  const outputs = nameOutputs(graph, traced.outputNames, names);
  for (const { index, op, operands, attrs } of steps) {
    const { shape, dtype } = graph.nodes[index]!;
    const inputs = operands.map((operand) => {
      if (typeof operand === "number") return names[operand]!;
      const scalar = scalarNode(operand);
      // Equal ones are made once.
      if (!scalars.has(scalar.output)) nodes.push(scalar);
      scalars.add(scalar.output);
      return scalar.output;
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

/** A number as a tensor without axes. */
function scalarNode({ value, dtype }: Exclude<Operand, number>): NetworkNode {
  const output = `${dtype}(${Object.is(value, -0) ? "-0" : value})`;
  return { op: "full", inputs: [], output, attrs: { value, shape: [], dtype }, shape: [], dtype };
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
