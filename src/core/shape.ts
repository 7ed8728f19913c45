import { ShapeError } from "./errors.ts";

export type Shape = readonly number[];

/** The number of elements of a tensor of this shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** The shape that `shapes` broadcast to by NumPy's rule: aligned at the right, an extent of 1 stretches. */
export function broadcastShapes(op: string, ...shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const offset = rank - shape.length;
    shape.forEach((extent, axis) => {
      const current = result[offset + axis]!;
      if (extent !== 1 && current !== 1 && extent !== current) {
        throw new ShapeError(
          op,
          `shapes do not broadcast: axis ${offset + axis - rank} is ${current} in one and ${extent} in the other`,
          Object.fromEntries(shapes.map((s, i) => [String.fromCharCode(97 + i), s])),
        );
      }
      if (extent !== 1) result[offset + axis] = extent;
    });
  }
  return result;
}

/** Turns an axis counted from either end into one counted from the front. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(op, `axis ${axis} does not exist in a tensor with ${rank} axes`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Sorted, distinct axes counted from the front; `undefined` means all of them. */
export function normalizeAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(op, axis, rank));
  const distinct = [...new Set(list)].sort((a, b) => a - b);
  if (distinct.length !== list.length)
    throw new ShapeError(op, `an axis is named twice in [${list.join(", ")}]`);
  return distinct;
}
