/** Planes [C, H, W] smoothed by a Gaussian of `sigma` pixels, cut at 3 sigma; beyond the border its pixels go on. */
export function gaussianBlur(
  values: ArrayLike<number>,
  height: number,
  width: number,
  sigma: number,
): Float32Array {
  const weights = gaussianWeights(sigma, Math.ceil(3 * sigma));
  const planes = values.length / (height * width);
  const rows = alongAxis(values, planes * height, width, 1, weights);
  return alongAxis(rows, planes, height, width, weights);
}

/** exp(−k² / 2σ²) for k from −reach to reach, of the sum 1. */
export function gaussianWeights(sigma: number, reach: number): Float64Array {
  const raw = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    sigma === 0 ? Number(i === reach) : Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  );
  const total = raw.reduce((a, b) => a + b, 0);
  return raw.map((weight) => weight / total);
}

/** Filters the middle axis of [outer, count, inner]. */
function alongAxis(
  values: ArrayLike<number>,
  outer: number,
  count: number,
  inner: number,
  weights: Float64Array,
): Float32Array {
  const reach = (weights.length - 1) / 2;
  const out = new Float32Array(values.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < weights.length; k++) {
        const from = (o * count + Math.min(count - 1, Math.max(0, i + k - reach))) * inner;
        const to = (o * count + i) * inner;
        for (let j = 0; j < inner; j++) out[to + j]! += weights[k]! * values[from + j]!;
      }
    }
  }
  return out;
}
