import { concatBytes } from "../src/io/byte-reader.ts";
import type { Draft } from "../src/io/protobuf/encode-message.ts";
import { encodeMessage } from "../src/onnx/format/codec.ts";
import { codeOf, type OnnxType } from "../src/onnx/format/data-types.ts";
import type { AttributeProto, Messages, NodeProto, TensorProto } from "../src/onnx/format/messages.ts";

export type NodeDraft = Draft<NodeProto>;

/** A node whose attributes are numbers, lists of numbers, texts or whole drafts. */
export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, unknown>> = {},
): NodeDraft {
  return {
    opType,
    inputs,
    outputs,
    attributes: Object.entries(attributes).map(([name, value]) => ({ name, ...attributeDraft(value) })),
  };
}

/** A number that is an attribute of kind float, also where it is whole. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

function attributeDraft(value: unknown): Draft<AttributeProto> {
  if (value instanceof Float) return { type: 1, f: value.value };
  if (typeof value === "number")
    return Number.isInteger(value) ? { type: 2, i: value } : { type: 1, f: value };
  if (typeof value === "string") return { type: 3, s: new TextEncoder().encode(value) };
  if (Array.isArray(value)) {
    return value.every(Number.isInteger) ? { type: 7, ints: value } : { type: 6, floats: value };
  }
  return value as Draft<AttributeProto>;
}

export function floats(name: string, dims: readonly number[], values: ArrayLike<number>): Draft<TensorProto> {
  return {
    name,
    dims,
    dataType: codeOf("float32"),
    rawData: new Uint8Array(Float32Array.from(values).buffer),
  };
}

export function ints(name: string, dims: readonly number[], values: readonly number[]): Draft<TensorProto> {
  return { name, dims, dataType: codeOf("int64"), int64Data: values.map(BigInt) };
}

export interface ModelParts {
  readonly nodes: readonly NodeDraft[];
  /** Inputs by name, float32 unless another type is named. */
  readonly inputs?: Readonly<
    Record<string, readonly (number | string)[] | readonly [OnnxType, readonly number[]]>
  >;
  /** Outputs by name, float32 unless another type stands beside. */
  readonly outputs: readonly (string | readonly [name: string, type: OnnxType])[];
  readonly initializers?: readonly Draft<TensorProto>[];
  readonly opset?: number;
  readonly more?: Draft<Messages["Model"]>;
}

/** The bytes of a model. */
export function modelBytes({
  nodes,
  inputs = {},
  outputs,
  initializers = [],
  opset = 17,
  more,
}: ModelParts): Uint8Array {
  const infos = Object.entries(inputs).map(([name, given]) => {
    const typed = Array.isArray(given[1]);
    const elementType = codeOf(typed ? (given[0] as OnnxType) : "float32");
    const shape = (typed ? given[1] : given) as readonly (number | string)[];
    const dims = shape.map((extent) => (typeof extent === "number" ? { value: extent } : { param: extent }));
    return { name, type: { tensorType: { elementType, shape: { dims } } } };
  });
  const message: Draft<Messages["Model"]> = {
    irVersion: 9,
    opsetImports: [{ domain: "", version: opset }],
    graph: {
      name: "g",
      nodes,
      initializers,
      inputs: infos,
      outputs: outputs.map((output) => {
        const [name, type] = typeof output === "string" ? [output, "float32" as const] : output;
        return { name, type: { tensorType: { elementType: codeOf(type) } } };
      }),
    },
    ...more,
  };
  return concatBytes(encodeMessage("Model", message));
}
