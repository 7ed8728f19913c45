import { countElements, elementsOf, type HostTensor, storedBytesPerElement } from "../host-tensor.ts";
import type { StridedTensor } from "./torch-world.ts";

/** How many bytes may still be copied out of strided storages; what a file of this size can have reason to need. */
export interface CopyBudget {
  bytes: number;
}

/**
 * Gives a tensor its elements: a view onto the storage where they lie there row-major, otherwise a copy.
 *
 * @throws Error with the reason if an element lies outside the storage, or tensors repeat more than the budget.
 */
export function fillStrided(
  { host, storage, offset, strides }: StridedTensor,
  bytes: Uint8Array,
  littleEndian: boolean,
  budget: CopyBudget,
): void {
  const { shape, dtype } = host;
  const size = storedBytesPerElement(dtype);
  const length = Math.floor(bytes.length / size);
  const count = countElements(shape);
  const extents = `[${shape.join(", ")}]`;
  if (count === undefined) throw new Error(`the shape ${extents} has no number of elements`);
  const last = shape.reduce((at, extent, axis) => at + (extent - 1) * strides[axis]!, offset);
  if (count > 0 && last >= length) {
    throw new Error(
      `${dtype} ${extents} with strides [${strides.join(", ")}] from ${offset} on reaches element ${last}, but the ` +
        `storage ${JSON.stringify(storage.key)} has ${length}`,
    );
  }
  const mutable = host as { data: HostTensor["data"] };
  const rowMajor = count === 0 || isRowMajor(shape, strides);
  if (!rowMajor || !littleEndian) {
    budget.bytes -= count * size;
    if (budget.bytes < 0)
      throw new Error(`${extents} repeats more elements than the file can have reason to`);
  }
  const end = count === 0 ? offset : last + 1;
  const source = elementsOf(bytes.subarray(offset * size, end * size), dtype, littleEndian);
  mutable.data = rowMajor ? source : gather(source, shape, strides, count);
}

/** The bytes, copied where elements of `size` bytes in them would not be aligned. */
export function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
}

/** Whether the elements follow one another; the strides of axes with one element do not matter. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

function gather<D extends HostTensor["data"]>(
  source: D,
  shape: readonly number[],
  strides: readonly number[],
  count: number,
): D {
  const result = new (source.constructor as new (length: number) => D)(count);
  const index = shape.map(() => 0);
  const inner = shape.length - 1;
  const [extent, step] = [shape[inner]!, strides[inner]!];
  let from = 0;
  for (let to = 0; to < count; ) {
    for (let i = 0; i < extent; i++) result[to++] = source[from + i * step]!;
    // Counts up in the outer axes as an odometer does.
    for (let axis = inner - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
