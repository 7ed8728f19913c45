import { countElements } from "./host-tensor.ts";

interface Elements extends ArrayBufferView {
  readonly BYTES_PER_ELEMENT: number;
  readonly length: number;
  slice(): this;
}

/** A copy of `data` with the elements of an array of `shape` moved between column-major and row-major order. */
export function reorder<T extends Elements>(
  data: T,
  shape: readonly number[],
  direction: "fromFortran" | "toFortran",
): T {
  const result = data.slice();
  const [rows, moved] = [bitsOf(data), bitsOf(result)];
  const strides = shape.map((_, axis) => countElements(shape.slice(0, axis))!);
  const index = new Array<number>(shape.length).fill(0);
  // `row` walks in row-major order; `column` is the same element's place in column-major order.
  for (let row = 0, column = 0; row < data.length; row++) {
    if (direction === "fromFortran") moved[row] = rows[column];
    else moved[column] = rows[row];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      column += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      column -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** The same memory as whole numbers: moved as floats, a signalling NaN would not keep its bits. */
function bitsOf({ buffer, byteOffset, length, BYTES_PER_ELEMENT }: Elements): { [index: number]: unknown } {
  if (BYTES_PER_ELEMENT === 8) return new BigUint64Array(buffer, byteOffset, length);
  if (BYTES_PER_ELEMENT === 4) return new Uint32Array(buffer, byteOffset, length);
  if (BYTES_PER_ELEMENT === 2) return new Uint16Array(buffer, byteOffset, length);
  return new Uint8Array(buffer, byteOffset, length);
}
