import { ShapeError } from "../core/errors.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { take } from "../ops/gather.ts";
import { asTensor, type TensorLike } from "../ops/like.ts";
import { matmul } from "../ops/matmul.ts";
import { reshape } from "../ops/movement.ts";
import { actOnGrid } from "./grid-action.ts";
import type { FieldType } from "./steerable/field-type.ts";

/**
 * (g f)(p) = ρ(g) f(g⁻¹ p): a feature map [N, C, H, W] of any type of fields moved by an element of its group, or
 * ρ(g) f for vectors [N, C].
 *
 * @throws what {@link actOnGrid} throws; ShapeError if the channels are not those of the type.
 */
export function actOnField(x: TensorLike, type: FieldType, g: number): Tensor {
  const t = asTensor(x);
  if ((t.rank !== 2 && t.rank !== 4) || t.shape[1] !== type.channels) {
    throw new ShapeError("actOnField", `x is no map of the ${type.channels} channels of ${type}`, {
      x: t.shape,
    });
  }
  const moved = t.rank === 4 ? actOnGrid(t, type.group, g) : t;
  if (type.representations.every(({ isPermutation }) => isPermutation)) {
    const from = sources(type, g);
    return from.every((source, channel) => source === channel) ? moved : take(moved, from, 1);
  }
  const { channels } = type;
  const matrix = new Float64Array(channels * channels);
  for (let column = 0; column < channels; column++) {
    const unit = new Float64Array(channels);
    unit[column] = 1;
    type.act(g, unit).forEach((entry, row) => {
      matrix[row * channels + column] = entry;
    });
  }
  const rows = reshape(moved, [t.shape[0]!, channels, t.size / (t.shape[0]! * channels)]);
  return reshape(matmul(tensor(matrix, { shape: [channels, channels], dtype: t.dtype }), rows), t.shape);
}

/** For each channel of a type of permutations, the one that the element brings there. */
function sources({ representations }: FieldType, g: number): number[] {
  let start = 0;
  return representations.flatMap(({ size, matrices }) => {
    const matrix = matrices[g]!;
    const from = Array.from({ length: size }, (_, row) => start + matrix.indexOf(1, row * size) - row * size);
    start += size;
    return from;
  });
}
