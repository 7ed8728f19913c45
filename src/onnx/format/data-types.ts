import type { StoredDType } from "../../io/host-tensor.ts";

/** The element types of ONNX. */
export type OnnxType =
  | StoredDType
  | "string"
  | "complex64"
  | "complex128"
  | "float8e4m3fn"
  | "float8e4m3fnuz"
  | "float8e5m2"
  | "float8e5m2fnuz"
  | "float8e8m0"
  | "float4e2m1"
  | "uint4"
  | "int4"
  | "uint2"
  | "int2";

interface TypeInfo {
  /** TensorProto.DataType. */
  readonly code: number;
  /** Bits of an element in `raw_data`; several small ones share a byte, the first in its lowest bits. */
  readonly bits: number;
  /** The element type of the array that carries it here. */
  readonly stored: StoredDType | undefined;
  /** The list of TensorProto that carries it where there is no `raw_data`. */
  readonly list: "floatData" | "doubleData" | "int32Data" | "int64Data" | "uint64Data" | "stringData";
}

function row(code: number, bits: number, stored: StoredDType | undefined, list: TypeInfo["list"]): TypeInfo {
  return { code, bits, stored, list };
}

const info: Readonly<Record<OnnxType, TypeInfo>> = {
  float32: row(1, 32, "float32", "floatData"),
  uint8: row(2, 8, "uint8", "int32Data"),
  int8: row(3, 8, "int8", "int32Data"),
  uint16: row(4, 16, "uint16", "int32Data"),
  int16: row(5, 16, "int16", "int32Data"),
  int32: row(6, 32, "int32", "int32Data"),
  int64: row(7, 64, "int64", "int64Data"),
  string: row(8, 0, undefined, "stringData"),
  bool: row(9, 8, "bool", "int32Data"),
  float16: row(10, 16, "float16", "int32Data"),
  float64: row(11, 64, "float64", "doubleData"),
  uint32: row(12, 32, "uint32", "uint64Data"),
  uint64: row(13, 64, "uint64", "uint64Data"),
  complex64: row(14, 64, undefined, "floatData"),
  complex128: row(15, 128, undefined, "doubleData"),
  bfloat16: row(16, 16, "bfloat16", "int32Data"),
  float8e4m3fn: row(17, 8, undefined, "int32Data"),
  float8e4m3fnuz: row(18, 8, undefined, "int32Data"),
  float8e5m2: row(19, 8, undefined, "int32Data"),
  float8e5m2fnuz: row(20, 8, undefined, "int32Data"),
  uint4: row(21, 4, "uint8", "int32Data"),
  int4: row(22, 4, "int8", "int32Data"),
  float4e2m1: row(23, 4, undefined, "int32Data"),
  float8e8m0: row(24, 8, undefined, "int32Data"),
  uint2: row(25, 2, "uint8", "int32Data"),
  int2: row(26, 2, "int8", "int32Data"),
};

export const onnxTypes: readonly OnnxType[] = Object.keys(info) as OnnxType[];

const byCode: ReadonlyMap<number, OnnxType> = new Map(onnxTypes.map((type) => [info[type].code, type]));

/** The number of a type in TensorProto.DataType. */
export function codeOf(type: OnnxType): number {
  return info[type].code;
}

/** The type with a number of TensorProto.DataType; `undefined` for 0 and for numbers that mean nothing. */
export function typeWithCode(code: number | undefined): OnnxType | undefined {
  return code === undefined ? undefined : byCode.get(code);
}

export function typeInfo(type: OnnxType): TypeInfo {
  return info[type];
}

/** Whether elements are real numbers of at least two bytes, which tensors compute with in float32. */
export function isReal(type: OnnxType): boolean {
  return type === "float32" || type === "float16" || type === "bfloat16" || type === "float64";
}
