/**
 * The multiple of `divisor` that is nearest to a count of channels, at least `divisor` and never less than nine tenths of
 * the count, as in the code of MobileNetV2's authors.
 */
export function makeDivisible(channels: number, divisor = 8): number {
  const nearest = Math.max(divisor, Math.floor((channels + divisor / 2) / divisor) * divisor);
  return nearest < 0.9 * channels ? nearest + divisor : nearest;
}
