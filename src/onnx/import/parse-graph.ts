import { FileError } from "../../core/errors.ts";
import { quoted } from "../../io/byte-reader.ts";
import { type OnnxType, typeWithCode } from "../format/data-types.ts";
import type { GraphProto, NodeProto, SparseTensorProto, ValueInfoProto } from "../format/messages.ts";
import { type OnnxTensor, readTensor, type TensorSource } from "../format/read-tensor.ts";
import { type OnnxAttribute, readAttribute } from "./attributes.ts";

/** One extent of a declared shape: a number, a name that stands for one, or nothing known. */
export type OnnxDimension = number | string | undefined;

/** What a file says about an input or an output. */
export interface OnnxValueInfo {
  readonly name: string;
  /** `undefined` for what is no tensor, such as a sequence. */
  readonly type: OnnxType | undefined;
  /** `undefined` where not even the number of axes is given. */
  readonly shape: readonly OnnxDimension[] | undefined;
}

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  /** "" for ONNX's own operators. */
  readonly domain: string;
  readonly overload: string;
  /** Names of values; "" where an optional one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly nodes: readonly OnnxNode[];
}

/** Names that a graph may use: its own and those of the graphs around it. */
interface Names {
  readonly own: Set<string>;
  readonly outer: Names | undefined;
}

/**
 * Reads a graph and checks that every value has one name, and is made before it is used.
 *
 * @throws FileError that names the node and the value.
 */
export function parseGraph(proto: GraphProto, source: TensorSource, outer?: Names): OnnxGraph {
  const name = proto.name ?? "";
  const fail = (problem: string): FileError =>
    new FileError(source.file, `graph ${quoted(name)}: ${problem}`);
  if (proto.sparseInitializers.length > 0) throw fail(sparse(proto.sparseInitializers));
  const initializers = new Map<string, OnnxTensor>();
  for (const tensor of proto.initializers.map((each) => readTensor(each, source))) {
    if (tensor.name === "") throw fail("an initializer has no name");
    if (initializers.has(tensor.name)) throw fail(`two initializers are called ${quoted(tensor.name)}`);
    initializers.set(tensor.name, tensor);
  }
  const inputs = proto.inputs.map((info) => valueInfo(info, fail));
  const names: Names = { own: new Set(initializers.keys()), outer };
  const inputNames = new Set<string>();
  for (const input of inputs) {
    if (inputNames.has(input.name)) throw fail(`two inputs are called ${quoted(input.name)}`);
    inputNames.add(input.name);
    names.own.add(input.name);
  }
  const nodes = parseNodes(proto.nodes, source, names, fail);
  const outputs = proto.outputs.map((info) => valueInfo(info, fail));
  const lost = outputs.find((output) => !isKnown(output.name, names));
  if (lost) throw fail(`nothing makes the output ${quoted(lost.name)}`);
  return { name, inputs, outputs, initializers, nodes };
}

/** The nodes of a graph or of a function, in the order in which they can be computed. */
export function parseNodes(
  protos: readonly NodeProto[],
  source: TensorSource,
  names: Names,
  fail: (problem: string) => FileError,
): OnnxNode[] {
  const made = new Set<string>();
  for (const output of protos.flatMap((proto) => proto.outputs)) if (output !== "") made.add(output);
  return protos.map((proto) => {
    const { inputs, outputs } = proto;
    const node = `${proto.opType ?? "a node"} ${quoted(proto.name || outputs[0] || "")}`;
    if (!proto.opType) throw fail(`${node} has no operator`);
    const lost = inputs.find((input) => input !== "" && !isKnown(input, names));
    if (lost !== undefined) {
      throw fail(
        made.has(lost)
          ? `${node} uses ${quoted(lost)}, which is made by itself or later: nodes go in a circle or are not sorted`
          : `${node} uses ${quoted(lost)}, which nothing makes`,
      );
    }
    const attributes = new Map<string, OnnxAttribute>();
    for (const attribute of proto.attributes) {
      const key = attribute.name ?? "";
      if (attributes.has(key)) throw fail(`${node} has two attributes ${quoted(key)}`);
      attributes.set(
        key,
        readAttribute(attribute, source, (graph) => parseGraph(graph, source, names)),
      );
    }
    for (const output of outputs) {
      if (output === "") continue;
      if (names.own.has(output)) throw fail(`${node} makes ${quoted(output)}, which there is already`);
      names.own.add(output);
    }
    const domain = proto.domain === "ai.onnx" ? "" : (proto.domain ?? "");
    const name = proto.name || outputs[0] || "";
    return {
      name,
      opType: proto.opType,
      domain,
      overload: proto.overload ?? "",
      inputs,
      outputs,
      attributes,
    };
  });
}

function isKnown(name: string, names: Names): boolean {
  return names.own.has(name) || (names.outer !== undefined && isKnown(name, names.outer));
}

function sparse([first]: readonly SparseTensorProto[]): string {
  return `the initializer ${quoted(first?.values?.name ?? "")} is sparse, which is not supported`;
}

function valueInfo({ name, type }: ValueInfoProto, fail: (problem: string) => FileError): OnnxValueInfo {
  if (!name) throw fail("an input or output has no name");
  const shape = type?.tensorType?.shape?.dims.map(({ value, param }): OnnxDimension => {
    if (value !== undefined && value < 0) throw fail(`${quoted(name)} has the extent ${value}`);
    return value ?? (param === "" ? undefined : param);
  });
  return { name, type: typeWithCode(type?.tensorType?.elementType), shape };
}
