import { type Shape, sizeOf } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { reach, type WindowSettings } from "../../ops/window-geometry.ts";

/** A symmetry of the square grid: the axes change places, and each may be reversed. */
export interface Symmetry {
  readonly swapped: boolean;
  readonly flipY: boolean;
  readonly flipX: boolean;
}

/** Why windows do not lie alike after a symmetry; undefined if they do. */
export function windowsAreSymmetric(
  { swapped, flipY, flipX }: Symmetry,
  { kernel, stride, padding, dilation }: WindowSettings,
  axes: readonly [y: number, x: number],
  first: number,
  from: Shape,
  to: Shape,
): string | undefined {
  const [y, x] = [axes[0] - first, axes[1] - first];
  const centred = (a: number): boolean => {
    const last = (to[a + first]! - 1) * stride[a]! + reach(kernel[a]!, dilation[a]!) - 1 - padding[a]![0];
    return last === from[a + first]! - 1 + padding[a]![0];
  };
  // A swap turns flips of one axis into flips of the other, so both must be centred then.
  if ((flipY || (swapped && flipX)) && !centred(y))
    return "its windows do not lie symmetrically over the rows";
  if ((flipX || (swapped && flipY)) && !centred(x))
    return "its windows do not lie symmetrically over the columns";
  const alike = [kernel, stride, dilation].every((list) => list[y] === list[x]);
  if (swapped && !(alike && padding[y]![0] === padding[x]![0]))
    return "its windows differ between rows and columns";
  return undefined;
}

/** Why filters [O, C, kH, kW] are not their own image under a symmetry; undefined if they are, number by number. */
export function filtersAreSymmetric(
  { swapped, flipY, flipX }: Symmetry,
  { shape, source }: Tensor,
): string | undefined {
  const [height, width] = shape.slice(-2) as [number, number];
  if (height === 1 && width === 1) return undefined;
  const reason = `its ${height}×${width} filters are not symmetric`;
  if (source.kind !== "value" || (swapped && height !== width)) return reason;
  const values = source.storage.read();
  for (let first = 0; first < values.length; first += height * width) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const [u, v] = swapped ? [j, i] : [i, j];
        const at = (flipY ? height - 1 - u : u) * width + (flipX ? width - 1 - v : v);
        if (values[first + i * width + j] !== values[first + at]) return reason;
      }
    }
  }
  return undefined;
}

/** The axis that holds the same positions after a reshape, if there is one. */
export function axisAfterReshape(axis: number, from: Shape, to: Shape): number | undefined {
  const before = sizeOf(from.slice(0, axis));
  const found = to.findIndex((extent, i) => extent === from[axis] && sizeOf(to.slice(0, i)) === before);
  return found < 0 ? undefined : found;
}
