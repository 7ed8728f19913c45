import { sizeOf } from "../../core/shape.ts";
import type { ConvolutionShape } from "./counts.ts";

/** Most multiplications that are done for comparison. */
const mostProducts = 2 ** 24;

export interface ExactOutputs {
  /** Places in the output [N, O, H, W], and the values there in float64. */
  readonly places: Int32Array;
  readonly values: Float64Array;
}

/** The convolution's sums in float64, at all outputs or, where these are too many, at some that are spread evenly. */
export function exactOutputs(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  shape: ConvolutionShape,
  padding: readonly (readonly [low: number, high: number])[],
): ExactOutputs {
  const { extent, stride, dilation, groups } = shape;
  const [outChannels, perGroup, kernelHeight, kernelWidth] = shape.weight;
  const [batch, channels, height, width] = shape.x;
  const outputs = batch * outChannels * sizeOf(extent);
  const products = perGroup * kernelHeight * kernelWidth;
  const count = Math.max(1, Math.min(outputs, Math.floor(mostProducts / products)));
  const places = Int32Array.from({ length: count }, (_, i) => Math.floor((i * outputs) / count));
  const values = new Float64Array(count);
  places.forEach((place, i) => {
    const column = place % extent[1];
    const row = Math.floor(place / extent[1]) % extent[0];
    const filter = Math.floor(place / sizeOf(extent)) % outChannels;
    const sample = Math.floor(place / sizeOf(extent) / outChannels);
    const first = sample * channels + Math.floor(filter / (outChannels / groups)) * perGroup;
    let sum = 0;
    for (let c = 0; c < perGroup; c++) {
      for (let ky = 0; ky < kernelHeight; ky++) {
        const y = row * stride[0] + ky * dilation[0] - padding[0]![0];
        if (y < 0 || y >= height) continue;
        for (let kx = 0; kx < kernelWidth; kx++) {
          const at = column * stride[1] + kx * dilation[1] - padding[1]![0];
          if (at < 0 || at >= width) continue;
          const tap = ((filter * perGroup + c) * kernelHeight + ky) * kernelWidth + kx;
          sum += x[((first + c) * height + y) * width + at]! * weight[tap]!;
        }
      }
    }
    values[i] = sum;
  });
  return { places, values };
}

/** The largest difference, relative to the largest value. */
export function largestError(actual: ArrayLike<number>, { places, values }: ExactOutputs): number {
  let [error, largest] = [0, 0];
  places.forEach((place, i) => {
    error = Math.max(error, Math.abs(actual[place]! - values[i]!));
    largest = Math.max(largest, Math.abs(values[i]!));
  });
  return largest === 0 ? error : error / largest;
}
