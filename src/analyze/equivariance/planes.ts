import { type Shape, stridesOf } from "../../core/shape.ts";

/** Values [...] with two axes as planes [P, H, W]; an axis that is not there has one position. */
export function planesOf(
  values: ArrayLike<number>,
  shape: Shape,
  axes: readonly [y: number | undefined, x: number | undefined],
): Float32Array {
  const [y, x] = axes;
  const height = y === undefined ? 1 : shape[y]!;
  const width = x === undefined ? 1 : shape[x]!;
  if (y === shape.length - 2 && x === shape.length - 1) {
    return values instanceof Float32Array ? values : Float32Array.from(values);
  }
  const strides = stridesOf(shape);
  const others = shape.flatMap((extent, axis) =>
    axis === y || axis === x ? [] : [{ extent, by: strides[axis]! }],
  );
  const planes = new Float32Array(values.length);
  let next = 0;
  const walk = (depth: number, at: number): void => {
    if (depth < others.length) {
      for (let i = 0; i < others[depth]!.extent; i++) walk(depth + 1, at + i * others[depth]!.by);
      return;
    }
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        planes[next++] =
          values[at + i * (y === undefined ? 0 : strides[y]!) + j * (x === undefined ? 0 : strides[x]!)]!;
      }
    }
  };
  walk(0, 0);
  return planes;
}
