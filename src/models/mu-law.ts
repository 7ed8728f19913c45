/** Levels of an eight-bit code. */
const usual = 256;

/**
 * Codes of samples in [−1, 1]: ⌊(f(x) + 1)/2 · μ + ½⌋ with f(x) = sgn(x) ln(1 + μ|x|)/ln(1 + μ) and μ = levels − 1, so that
 * quiet samples lie closer together than loud ones (ITU-T G.711).
 *
 * @param samples what lies outside of [−1, 1] is brought to its ends.
 */
export function muLawEncode(samples: ArrayLike<number>, levels: number = usual): Int32Array {
  const mu = levels - 1;
  return Int32Array.from(samples, (sample) => {
    const x = Math.min(1, Math.max(-1, sample));
    const companded = (Math.sign(x) * Math.log1p(mu * Math.abs(x))) / Math.log1p(mu);
    return Math.floor(((companded + 1) / 2) * mu + 0.5);
  });
}

/** The samples in [−1, 1] that codes of {@link muLawEncode} stand for: sgn(y) ((1 + μ)^|y| − 1)/μ with y = 2 code/μ − 1. */
export function muLawDecode(codes: ArrayLike<number>, levels: number = usual): Float32Array {
  const mu = levels - 1;
  return Float32Array.from(codes, (code) => {
    const y = (2 * code) / mu - 1;
    return (Math.sign(y) * Math.expm1(Math.abs(y) * Math.log1p(mu))) / mu;
  });
}
