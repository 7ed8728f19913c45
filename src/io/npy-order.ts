import { countElements } from "./host-tensor.ts";

interface Elements {
  readonly length: number;
  slice(): this;
}

/** A copy of `data` with the elements of an array of `shape` moved between column-major and row-major order. */
export function reorder<T extends Elements>(
  data: T,
  shape: readonly number[],
  direction: "fromFortran" | "toFortran",
): T {
  const rows = data as unknown as { [index: number]: unknown };
  const result = data.slice();
  const moved = result as unknown as { [index: number]: unknown };
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
