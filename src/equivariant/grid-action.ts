import { ArgumentError, ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { take } from "../ops/gather.ts";
import { asTensor, type TensorLike } from "../ops/like.ts";
import { flip, reshape, transpose } from "../ops/movement.ts";
import type { Group, GroupElement } from "./group.ts";

/**
 * Refuses groups that do not map the square grid onto itself: of all Cₙ and Dₙ only C1, C2, C4, D1, D2 and D4 do.
 *
 * @throws ArgumentError that names the group and its angle.
 */
export function requireGridGroup({ name, rotations }: Group): void {
  if (4 % rotations === 0) return;
  const degrees = Number((360 / rotations).toFixed(2));
  throw new ArgumentError(
    `${name} turns by ${degrees}°, which takes points of a square grid between others: ` +
      "only C1, C2, C4, D1, D2 and D4 move the pixels without interpolation",
  );
}

/**
 * (g x)(p) = x(g⁻¹ p): images or filters [..., H, W] turned and reflected about their centre, an exact permutation of
 * the elements for odd and even extents.
 *
 * @param g the element's index in the group.
 * @throws ArgumentError for a group that the grid cannot carry; ShapeError for a quarter turn of maps that are not square.
 */
export function actOnGrid(x: TensorLike, group: Group, g: number): Tensor {
  requireGridGroup(group);
  const { rotation, reflected } = requireElement(group, g);
  const t = asTensor(x);
  const [height, width] = t.shape.slice(-2);
  if (t.rank < 2 || (quarters(group, rotation) % 2 === 1 && height !== width)) {
    throw new ShapeError(
      "actOnGrid",
      t.rank < 2
        ? "x has no axes of height and width"
        : `a quarter turn takes ${height}×${width} maps to ${width}×${height} ones`,
      { x: t.shape },
      t.rank < 2 ? undefined : "take square maps, or C1, C2, D1 or D2",
    );
  }
  return turn(reflected ? flip(t, -1) : t, quarters(group, rotation));
}

/**
 * (g f)(p, h) = f(g⁻¹ p, g⁻¹ h): a feature map on the group, [N, C·|G|, H, W] → the same shape, permuted exactly.
 *
 * Channel c at the group's element h is axis-1 index c·|G| + h, so that [N, C, |G|, H, W] is a reshape away.
 *
 * Cohen, Welling: Group Equivariant Convolutional Networks (2016), equation 12.
 *
 * @throws what {@link actOnGrid} throws; ShapeError if the channels do not divide into the group's elements.
 */
export function actOnRegular(x: TensorLike, group: Group, g: number): Tensor {
  const t = asTensor(x);
  const turned = actOnGrid(t, group, g);
  const channels = fieldChannels("actOnRegular", t, group);
  const { products, inverses, order } = group;
  const [batch, , ...space] = t.shape;
  const split = reshape(turned, [batch!, channels, order, ...space]);
  return reshape(take(split, products[inverses[g]!]!, 2), t.shape);
}

/**
 * C of a feature map [N, C·|G|, H, W] on the group.
 *
 * @throws ShapeError if x has other axes or its channels do not divide into the group's elements.
 */
export function fieldChannels(op: string, x: Tensor, { name, order }: Group): number {
  const channels = x.shape[1]! / order;
  if (x.rank === 4 && Number.isInteger(channels)) return channels;
  throw new ShapeError(
    op,
    x.rank === 4
      ? `${x.shape[1]} channels are no whole number of fields on ${name}, which has ${order} elements`
      : "a feature map on a group has the axes [N, C·|G|, H, W]",
    { x: x.shape },
  );
}

/** How many quarter turns a rotation of a grid's group is. */
function quarters({ rotations }: Group, rotation: number): number {
  return (rotation * 4) / rotations;
}

function requireElement({ name, order, elements }: Group, g: number): GroupElement {
  const element = elements[g];
  if (element) return element;
  throw new ArgumentError(`${name} has the elements 0 to ${order - 1}, but not ${g}`);
}

/** Counter-clockwise, as seen with row 0 on top. */
function turn(x: Tensor, quarters: number): Tensor {
  switch (quarters) {
    case 1:
      return flip(transpose(x), -2);
    case 2:
      return flip(x, [-2, -1]);
    case 3:
      return flip(transpose(x), -1);
    default:
      return x;
  }
}
