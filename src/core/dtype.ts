/** The element types a tensor can hold. `float64` exists on the reference backend only. */
export type DType = "float32" | "float64" | "int32" | "uint8" | "bool";

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

interface DTypeInfo {
  readonly bytes: number;
  readonly array: new (length: number) => TypedArray;
  readonly floating: boolean;
  /** Position in the promotion order: the result of mixing two types is the higher one. */
  readonly rank: number;
}

const info: Readonly<Record<DType, DTypeInfo>> = {
  bool: { bytes: 1, array: Uint8Array, floating: false, rank: 0 },
  uint8: { bytes: 1, array: Uint8Array, floating: false, rank: 1 },
  int32: { bytes: 4, array: Int32Array, floating: false, rank: 2 },
  float32: { bytes: 4, array: Float32Array, floating: true, rank: 3 },
  float64: { bytes: 8, array: Float64Array, floating: true, rank: 4 },
};

export const dtypes: readonly DType[] = Object.keys(info) as DType[];

export function bytesPerElement(dtype: DType): number {
  return info[dtype].bytes;
}

export function isFloating(dtype: DType): boolean {
  return info[dtype].floating;
}

/** The type that an arithmetic operation on `a` and `b` computes in. */
export function promote(a: DType, b: DType): DType {
  return info[a].rank >= info[b].rank ? a : b;
}

/** Allocates a zeroed host array for `length` elements. */
export function allocate(dtype: DType, length: number): TypedArray {
  return new info[dtype].array(length);
}

/** The element type that a JavaScript typed array stands for; a `Uint8Array` is `uint8`, never `bool`. */
export function dtypeOf(array: TypedArray): DType {
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Float64Array) return "float64";
  if (array instanceof Int32Array) return "int32";
  return "uint8";
}
