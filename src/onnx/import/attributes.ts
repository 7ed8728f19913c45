import { FileError } from "../../core/errors.ts";
import { quoted } from "../../io/byte-reader.ts";
import type { AttributeProto, GraphProto } from "../format/messages.ts";
import { type OnnxTensor, readTensor, type TensorSource } from "../format/read-tensor.ts";
import type { OnnxGraph } from "./parse-graph.ts";

/** What attributes of each kind hold. */
export interface AttributeValues {
  readonly float: number;
  readonly int: number;
  readonly text: string;
  readonly tensor: OnnxTensor;
  readonly graph: OnnxGraph;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly texts: readonly string[];
  readonly tensors: readonly OnnxTensor[];
  readonly graphs: readonly OnnxGraph[];
  /** Inside a function: the name under which the call gives the value. */
  readonly reference: string;
  /** A sparse tensor or a type, which no operator here uses. */
  readonly other: string;
}

/** The value of a node's attribute. */
export type OnnxAttribute = {
  readonly [K in keyof AttributeValues]: { readonly kind: K; readonly value: AttributeValues[K] };
}[keyof AttributeValues];

const utf8: TextDecoder = new TextDecoder();

/** AttributeProto.type by number; files of IR version 1 leave it out. */
const kinds: Readonly<Record<number, OnnxAttribute["kind"]>> = {
  1: "float",
  2: "int",
  3: "text",
  4: "tensor",
  5: "graph",
  6: "floats",
  7: "ints",
  8: "texts",
  9: "tensors",
  10: "graphs",
  11: "other",
  12: "other",
  13: "other",
  14: "other",
};

/** Reads one attribute; `parseGraph` is for the graphs in it. */
export function readAttribute(
  proto: AttributeProto,
  source: TensorSource,
  parseGraph: (graph: GraphProto) => OnnxGraph,
): OnnxAttribute {
  if (proto.refAttrName) return { kind: "reference", value: proto.refAttrName };
  const kind = proto.type === undefined || proto.type === 0 ? guessKind(proto) : kinds[proto.type];
  const missing = (): FileError =>
    new FileError(
      source.file,
      `attribute ${quoted(proto.name ?? "")} has no value of type ${proto.type ?? 0}`,
    );
  switch (kind) {
    case "float":
      return { kind, value: proto.f ?? 0 };
    case "int":
      return { kind, value: proto.i ?? 0 };
    case "text":
      return { kind, value: utf8.decode(proto.s ?? new Uint8Array(0)) };
    case "tensor":
      if (!proto.t) throw missing();
      return { kind, value: readTensor(proto.t, source) };
    case "graph":
      if (!proto.g) throw missing();
      return { kind, value: parseGraph(proto.g) };
    case "floats":
      return { kind, value: Array.from(proto.floats) };
    case "ints":
      return { kind, value: proto.ints };
    case "texts":
      return { kind, value: proto.strings.map((bytes) => utf8.decode(bytes)) };
    case "tensors":
      return { kind, value: proto.tensors.map((tensor) => readTensor(tensor, source)) };
    case "graphs":
      return { kind, value: proto.graphs.map(parseGraph) };
    case "other":
      return { kind, value: `a value of type ${proto.type}` };
    default:
      throw missing();
  }
}

function guessKind(proto: AttributeProto): OnnxAttribute["kind"] {
  if (proto.f !== undefined) return "float";
  if (proto.i !== undefined) return "int";
  if (proto.s !== undefined) return "text";
  if (proto.t !== undefined) return "tensor";
  if (proto.g !== undefined) return "graph";
  if (proto.floats.length > 0) return "floats";
  if (proto.strings.length > 0) return "texts";
  if (proto.tensors.length > 0) return "tensors";
  return proto.graphs.length > 0 ? "graphs" : "ints";
}
