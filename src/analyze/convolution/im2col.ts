import { padSpatial } from "../../compiler/pad-spatial.ts";
import type { Tensor } from "../../core/tensor.ts";
import { matmul } from "../../ops/matmul.ts";
import { permute, reshape } from "../../ops/movement.ts";
import { pack } from "../../ops/pack.ts";
import { slidingWindows } from "../../ops/window.ts";
import type { ConvolutionShape } from "./counts.ts";

const none = [0, 0] as const;

/**
 * A convolution as one product of matrices: everything that an output sees becomes a row, position after position, all
 * channels of each side by side, so an element of x is copied once for each kernel position that meets it (Chellapilla et al., 2006).
 */
export function im2col(
  x: Tensor,
  weight: Tensor,
  shape: ConvolutionShape,
  padding: readonly (readonly [low: number, high: number])[],
): Tensor {
  const { extent, stride, dilation, groups } = shape;
  const [outChannels, perGroup, ...kernel] = shape.weight;
  const [batch, channels] = shape.x;
  // Channels last in memory, so that what is copied lies in runs of them.
  const image = pack(padSpatial(x, padding), { order: [0, 2, 3, 1], panel: null, winograd: 0 });
  // [N, C, oH, oW, kH, kW]
  const windows = slidingWindows(image, { kernel, stride, dilation, padding: [none, none], fill: 0 });
  const length = (channels / groups) * kernel[0]! * kernel[1]!;
  const rows = batch * extent[0] * extent[1];
  const split = reshape(windows, [batch, groups, channels / groups, ...extent, ...kernel]);
  const unfolded = reshape(permute(split, [1, 0, 3, 4, 5, 6, 2]), [groups, rows, length]);
  // Kept in memory, or the product would read the windows where they lie.
  const matrix = pack(unfolded, { order: [0, 1, 2], panel: null, winograd: 0 });
  const filters = permute(
    reshape(weight, [groups, outChannels / groups, perGroup, ...kernel]),
    [0, 3, 4, 2, 1],
  );
  const product = matmul(matrix, reshape(filters, [groups, length, outChannels / groups]));
  const outputs = reshape(product, [groups, batch, ...extent, outChannels / groups]);
  return reshape(permute(outputs, [1, 0, 4, 2, 3]), [batch, outChannels, ...extent]);
}
