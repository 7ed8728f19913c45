/** The largest magnitude over the channels of each pixel: [C, H, W] → [H, W] (Simonyan et al. 2013, section 3.1). */
export function largestMagnitude(values: ArrayLike<number>, channels: number): Float32Array {
  const plane = values.length / channels;
  const map = new Float32Array(plane);
  for (let i = 0; i < values.length; i++) {
    map[i % plane] = Math.max(map[i % plane]!, Math.abs(values[i]!));
  }
  return map;
}

/** The sum over the channels of each pixel: [C, H, W] → [H, W]. */
export function channelSum(values: ArrayLike<number>, channels: number): Float32Array {
  const plane = values.length / channels;
  const map = new Float64Array(plane);
  for (let i = 0; i < values.length; i++) map[i % plane]! += values[i]!;
  return Float32Array.from(map);
}
