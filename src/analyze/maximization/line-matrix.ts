import { type Tensor, tensor } from "../../core/tensor.ts";
import { gaussianWeights } from "../gaussian-blur.ts";

/**
 * The matrix [n, n] that moves and scales a line of n pixels about its middle: pixel i takes the place
 * (i − m) / scale + m + shift, linearly between pixels; beyond the ends the last pixel goes on.
 */
export function movedLine(n: number, shift: number, scale: number): Tensor {
  const values = new Float32Array(n * n);
  const middle = (n - 1) / 2;
  for (let i = 0; i < n; i++) {
    const place = Math.min(n - 1, Math.max(0, (i - middle) / scale + middle + shift));
    const below = Math.min(n - 1, Math.floor(place));
    values[i * n + below]! += 1 - (place - below);
    if (below + 1 < n) values[i * n + below + 1]! += place - below;
  }
  return tensor(values, { shape: [n, n] });
}

/** The matrix [n, n] that blurs a line by a Gaussian of `sigma` pixels. */
export function blurredLine(n: number, sigma: number): Tensor {
  const values = new Float32Array(n * n);
  const reach = Math.ceil(3 * sigma);
  const weights = gaussianWeights(sigma, reach);
  for (let i = 0; i < n; i++) {
    for (let k = -reach; k <= reach; k++) {
      values[i * n + Math.min(n - 1, Math.max(0, i + k))]! += weights[k + reach]!;
    }
  }
  return tensor(values, { shape: [n, n] });
}
