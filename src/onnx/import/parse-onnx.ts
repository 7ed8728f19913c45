import { FileError } from "../../core/errors.ts";
import { quoted } from "../../io/byte-reader.ts";
import { decodeMessage } from "../format/codec.ts";
import type { FunctionProto, ModelProto, OperatorSetIdProto } from "../format/messages.ts";
import type { ReadExternalData, TensorSource } from "../format/read-tensor.ts";
import { type OnnxAttribute, readAttribute } from "./attributes.ts";
import { type OnnxGraph, type OnnxNode, parseGraph, parseNodes } from "./parse-graph.ts";

/** The version of each domain's operators that nodes mean; "" is ONNX's own domain. */
export type OpsetVersions = ReadonlyMap<string, number>;

/** An operator that the file itself defines, by a graph of others. */
export interface OnnxFunction {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly defaults: ReadonlyMap<string, OnnxAttribute>;
  readonly nodes: readonly OnnxNode[];
  readonly opsets: OpsetVersions;
}

/** An ONNX file, read and checked, before anything is computed. */
export interface OnnxFile {
  readonly file: string;
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: OpsetVersions;
  readonly metadata: ReadonlyMap<string, string>;
  readonly graph: OnnxGraph;
  /** By {@link functionKey}. */
  readonly functions: ReadonlyMap<string, OnnxFunction>;
}

export interface ParseOnnxOptions {
  /** Reads tensors that lie in a file beside this one. */
  readonly externalData?: ReadExternalData;
}

/** How a function is looked up. */
export function functionKey(domain: string, name: string, overload: string): string {
  return JSON.stringify([domain === "ai.onnx" ? "" : domain, name, overload]);
}

/**
 * Reads an ONNX file (a ModelProto). Weights are views of `bytes` where alignment permits.
 *
 * @param name what errors call the file.
 * @throws FileError that says what is wrong and where, for files that are broken or no ONNX.
 */
export function parseOnnx(bytes: Uint8Array, name = "model.onnx", options: ParseOnnxOptions = {}): OnnxFile {
  const model = decodeMessage("Model", bytes, name);
  const source: TensorSource = { file: name, externalData: options.externalData };
  const { graph, irVersion = 0 } = model;
  if (irVersion < 1 || !graph)
    throw new FileError(name, "not an ONNX file: it has no IR version or no graph");
  return {
    file: name,
    irVersion,
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(" "),
    opsets: opsetsOf(model.opsetImports, irVersion, name),
    metadata: new Map(model.metadata.map(({ key, value }) => [key ?? "", value ?? ""])),
    graph: parseGraph(graph, source),
    functions: functionsOf(model, source),
  };
}

function opsetsOf(imports: readonly OperatorSetIdProto[], irVersion: number, file: string): OpsetVersions {
  // Files from before IR version 3 do not say: they mean the first set.
  const versions = new Map<string, number>(irVersion < 3 ? [["", 1]] : []);
  for (const { domain = "", version = 0 } of imports) {
    const key = domain === "ai.onnx" ? "" : domain;
    if (version < 1) throw new FileError(file, `the operator set ${quoted(key)} has version ${version}`);
    versions.set(key, version);
  }
  return versions;
}

function functionsOf(model: ModelProto, source: TensorSource): Map<string, OnnxFunction> {
  const functions = new Map<string, OnnxFunction>();
  for (const proto of model.functions) {
    const key = functionKey(proto.domain ?? "", proto.name ?? "", proto.overload ?? "");
    if (functions.has(key))
      throw new FileError(source.file, `two functions are called ${quoted(proto.name ?? "")}`);
    functions.set(key, functionOf(proto, source));
  }
  return functions;
}

function functionOf(proto: FunctionProto, source: TensorSource): OnnxFunction {
  const name = proto.name ?? "";
  const fail = (problem: string): FileError =>
    new FileError(source.file, `function ${quoted(name)}: ${problem}`);
  const names = { own: new Set(proto.inputs), outer: undefined };
  const nodes = parseNodes(proto.nodes, source, names, fail);
  const lost = proto.outputs.find((output) => !names.own.has(output));
  if (lost !== undefined) throw fail(`nothing makes the output ${quoted(lost)}`);
  const defaults = proto.attributeDefaults.map((attribute) => {
    const value = readAttribute(attribute, source, (graph) => parseGraph(graph, source));
    return [attribute.name ?? "", value] as const;
  });
  return {
    name,
    inputs: proto.inputs,
    outputs: proto.outputs,
    defaults: new Map(defaults),
    nodes,
    opsets: opsetsOf(proto.opsetImports, 3, source.file),
  };
}
