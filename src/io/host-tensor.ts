import { ArgumentError, ShapeError } from "../core/errors.ts";

/** For each element type that files hold, the array that carries it; half precision is carried as its bits. */
export interface StoredArrays {
  float64: Float64Array;
  float32: Float32Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int16: Int16Array;
  int8: Int8Array;
  uint64: BigUint64Array;
  uint32: Uint32Array;
  uint16: Uint16Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

export type StoredDType = keyof StoredArrays;

/** A row-major array as a file holds it: more element types than tensors compute with, and no computation. */
export interface HostTensor<D extends StoredDType = StoredDType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: StoredArrays[D];
}

interface StoredArrayConstructor<D extends StoredDType> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): StoredArrays[D];
}

const constructors: { readonly [D in StoredDType]: StoredArrayConstructor<D> } = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

export const storedDTypes: readonly StoredDType[] = Object.keys(constructors) as StoredDType[];

export function storedBytesPerElement(dtype: StoredDType): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

/** The number of elements of `shape`, or undefined where an extent or the product is no safe, natural number. */
export function countElements(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const extent of shape) {
    count *= extent;
    if (!Number.isSafeInteger(extent) || extent < 0 || !Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/** The bytes that a tensor takes, or Infinity where its number of elements is no safe integer. */
export function storedByteLength(dtype: StoredDType, shape: readonly number[]): number {
  return (countElements(shape) ?? Number.POSITIVE_INFINITY) * storedBytesPerElement(dtype);
}

const hostIsLittleEndian: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * The elements that `bytes` hold, whose length must be a multiple of the element's size.
 *
 * A view onto the same buffer where alignment and byte order permit, otherwise a copy.
 */
export function elementsOf<D extends StoredDType>(
  bytes: Uint8Array,
  dtype: D,
  littleEndian = true,
): StoredArrays[D] {
  const array = constructors[dtype];
  const size = array.BYTES_PER_ELEMENT;
  const foreign = size > 1 && littleEndian !== hostIsLittleEndian;
  // Not slice(): on a Node Buffer it makes a view.
  const source = foreign || bytes.byteOffset % size !== 0 ? new Uint8Array(bytes) : bytes;
  if (foreign) reverseEachElement(source, size);
  return new array(source.buffer, source.byteOffset, source.byteLength / size);
}

/** The bytes of the elements: a view onto the same buffer, or a copy where the byte order is not the host's. */
export function bytesOf(tensor: HostTensor, littleEndian = true): Uint8Array {
  const { buffer, byteOffset, byteLength } = tensor.data;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const size = storedBytesPerElement(tensor.dtype);
  if (size === 1 || littleEndian === hostIsLittleEndian) return bytes;
  const copy = new Uint8Array(bytes);
  reverseEachElement(copy, size);
  return copy;
}

function reverseEachElement(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) bytes.subarray(start, start + size).reverse();
}

/**
 * Checks a tensor that is about to be written, since a writer must not make a file that its reader refuses.
 *
 * @throws ArgumentError if the array is not the element type's.
 * @throws ShapeError if the shape is not natural numbers, or the array does not fill it.
 */
export function checkHostTensor(tensor: HostTensor, what: string): void {
  const { dtype, shape, data } = tensor;
  const expected = constructors[dtype] as StoredArrayConstructor<StoredDType> | undefined;
  if (expected === undefined) throw new ArgumentError(`${what}: no file holds elements of type ${dtype}`);
  if (!(data instanceof expected)) {
    throw new ArgumentError(`${what}: ${dtype} is carried by another array than ${data?.constructor.name}`);
  }
  const count = countElements(shape);
  if (count !== data.length)
    throw new ShapeError(what, `${data.length} values do not fill the shape`, { shape });
}
