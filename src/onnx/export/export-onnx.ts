import { ArgumentError } from "../../core/errors.ts";
import type { Shape } from "../../core/shape.ts";
import { concatBytes } from "../../io/byte-reader.ts";
import { encodeFloat16 } from "../../io/float16.ts";
import type { HostTensor } from "../../io/host-tensor.ts";
import { type Draft, lengthOf } from "../../io/protobuf/encode-message.ts";
import { encodeMessage } from "../format/codec.ts";
import type { GraphProto } from "../format/messages.ts";
import { ExternalData } from "../format/write-tensor.ts";
import { batchSizes, type Dims, extentsByName } from "./batch-axis.ts";
import { buildNetwork, type Network } from "./build-network.ts";
import { extension } from "./combine/extension.ts";
import { mean } from "./combine/mean.ts";
import { OnnxGraph } from "./onnx-graph.ts";
import type { Keeps } from "./replace-ops.ts";
import {
  type Exportable,
  type InputSpec,
  type NamedInput,
  type NetworkOptions,
  namedInputs,
  traceNetwork,
} from "./trace-network.ts";
import type { Value } from "./translate/translation.ts";
import { translations } from "./translate/translations.ts";

export interface OnnxOptions extends NetworkOptions {
  /** Version of ONNX's operators, 18 to 23; default 21. */
  readonly opset?: number;
  /** Whether the first axis of every input may have any extent, the same for all; default false. */
  readonly dynamicBatch?: boolean;
  /** The element type in which parameters with at least two axes are stored; they are computed with in float32. */
  readonly weights?: "float32" | "float16";
  /** Texts that the file keeps for whoever reads it. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A model's file, and the file beside it with its large weights. Both are in pieces, to be written one by one. */
export interface OnnxFiles {
  readonly model: readonly Uint8Array[];
  readonly data: readonly Uint8Array[];
}

/** The version of the file format that came with a version of the operators. */
const irVersions: Readonly<Record<number, number>> = { 18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11 };

/** The first opset whose Pad can go on from the other end. */
const wrapsFrom = 19;

/** Protobuf's limit for one message. */
const largestFile = 2 ** 31 - 1;

/**
 * Writes a network in evaluation mode as an ONNX model.
 *
 * Parameters and running statistics keep their paths, such as `layer1.0.conv1.weight`. Operations that ONNX does not
 * have are written as what they are composed of. Nothing is folded or fused: that is the runtime's work.
 *
 * @param network a module, or a function of tensors that gives one, or several in an array or a plain object.
 * @param inputs the shape of the input, with the batch, or what there is to say about each of several.
 * @throws ArgumentError if the network draws random numbers, changes its own variables, has no counterpart in ONNX or,
 * with `dynamicBatch`, depends on the size of the batch, and if the file would be over 2 GiB.
 */
export async function exportOnnx(
  network: Exportable,
  inputs: InputSpec | readonly InputSpec[],
  options: OnnxOptions = {},
): Promise<Uint8Array> {
  const pieces = encodeModel(await writeGraph(network, namedInputs(inputs), options), options);
  if (lengthOf(pieces) > largestFile) {
    throw new ArgumentError(
      `the model would take ${lengthOf(pieces).toLocaleString("en")} bytes, and no ONNX file may take 2 GiB\n` +
        "  hint: exportOnnxFiles puts the weights into a file beside it",
    );
  }
  return concatBytes(pieces);
}

/**
 * Like {@link exportOnnx}, with large weights in a file beside the model's: for models over 2 GiB, and for runtimes that
 * map that file into memory.
 *
 * @param dataFile the name of that file, by which the model refers to it.
 */
export async function exportOnnxFiles(
  network: Exportable,
  inputs: InputSpec | readonly InputSpec[],
  dataFile: string,
  options: OnnxOptions = {},
): Promise<OnnxFiles> {
  const external = new ExternalData(dataFile);
  const graph = await writeGraph(network, namedInputs(inputs), options, external);
  return { model: encodeModel(graph, options), data: external.pieces };
}

function encodeModel(graph: Draft<GraphProto>, { opset = 21, metadata = {} }: OnnxOptions): Uint8Array[] {
  return encodeMessage("Model", {
    irVersion: irVersions[opset],
    producerName: "fovea",
    graph,
    opsetImports: [{ domain: "", version: opset }],
    metadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
}

/** The model's graph, as the message that a file holds. */
export async function writeGraph(
  network: Exportable,
  inputs: readonly NamedInput[],
  options: OnnxOptions,
  external?: ExternalData,
): Promise<Draft<GraphProto>> {
  const { opset = 21, weights = "float32" } = options;
  if (!(opset in irVersions)) throw new ArgumentError(`opset must be from 18 to 23, but is ${opset}`);
  const { graph, variables, constants, extents } = await openNetwork(network, inputs, options, opset);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const names = [graph.inputs, graph.outputs].flat().map(({ name }) => name);
  const onnx = new OnnxGraph(opset, [...names, ...variables.keys(), ...constants.keys()], external);
  const values = new Map<string, Value>();
  for (const { name, shape, dtype } of graph.inputs) {
    values.set(name, { name, shape, dtype, dims: extents(name, shape) });
    onnx.input(values.get(name)!);
  }
  const fixed = [...[...variables].map(([name, { value }]) => [name, value] as const), ...constants];
  for (const [name, value] of fixed) {
    const { shape, dtype } = value;
    const data = await value.data();
    const half = weights === "float16" && dtype === "float32" && shape.length >= 2 && variables.has(name);
    const stored = half
      ? { dtype: "float16", shape, data: Uint16Array.from(data, encodeFloat16) }
      : { dtype, shape, data };
    onnx.initializer(name, stored as HostTensor);
    values.set(name, { name: half ? onnx.cast(name, "float32") : name, shape, dtype, dims: shape });
  }
  for (const { op, inputs: operands, output, attrs, shape, dtype } of graph.nodes) {
    const dims = extents(output, shape);
    onnx.scope = scopeOf(operands.find((operand) => variables.has(operand)));
    const operation = {
      attrs,
      inputs: operands.map((name) => values.get(name)!),
      output: { shape, dtype, dims },
    };
    const result = translations.get(op)!.translate(operation, onnx);
    const isOperand = operation.inputs.some(({ name }) => name === result);
    const name = outputs.has(output) ? onnx.named(result, output, isOperand) : result;
    values.set(output, { name, shape, dtype, dims });
    if (!outputs.has(output)) onnx.describe(values.get(output)!);
  }
  for (const { name } of graph.outputs) onnx.output(values.get(name)!);
  return onnx.finish("network");
}

interface OpenNetwork extends Network {
  /** The extents of a value, with those open that are the batch's. */
  extents(name: string, shape: Shape): Dims;
}

async function openNetwork(
  network: Exportable,
  inputs: readonly NamedInput[],
  options: OnnxOptions,
  opset: number,
): Promise<OpenNetwork> {
  const keeps: Keeps = (op, specs, attrs) => {
    const translation = translations.get(op);
    return translation !== undefined && (translation.accepts?.(specs, attrs, opset) ?? true);
  };
  const combinations = [
    mean,
    extension(opset < wrapsFrom ? ["reflect", "edge"] : ["reflect", "edge", "wrap"]),
  ];
  const build = async (list: readonly NamedInput[]): Promise<Network> =>
    buildNetwork(await traceNetwork(network, list, options), keeps, combinations);
  if (!options.dynamicBatch) return { ...(await build(inputs)), extents: (_, shape) => shape };
  const scalar = inputs.find(({ shape }) => shape.length === 0);
  if (scalar) throw new ArgumentError(`dynamicBatch: the input "${scalar.name}" has no axis`);
  const ofSize = (size: number): Promise<Network> =>
    build(inputs.map((input) => ({ ...input, shape: input.shape.with(0, size) })));
  // One after the other: each puts the modules into evaluation mode and back.
  const first = await ofSize(batchSizes[0]);
  const byName = extentsByName(first, await ofSize(batchSizes[1]));
  return { ...first, extents: (name) => byName.get(name)! };
}

/** The path of the layer that a parameter belongs to. */
function scopeOf(parameter: string | undefined): string {
  return parameter === undefined ? "" : parameter.slice(0, Math.max(0, parameter.lastIndexOf(".")));
}
