/** A block on its way through the two passes. */
const block = new Int32Array(64);

const bits = 13;
/** Bits of fraction that the values have between the passes. */
const between = 2;

/**
 * Writes the 8 × 8 samples, with 128 added, of a block of coefficients times their quantization steps.
 *
 * The inverse DCT after Loeffler, Ligtenberg and Moschytz (Practical Fast 1-D DCT Algorithms with 11 Multiplications,
 * 1989) in integers of 13 bits of fraction, rounded as the Independent JPEG Group's accurate integer method does it:
 * decoders that use it agree in every bit.
 */
export function inverseDct(
  coefficients: Int16Array,
  from: number,
  steps: Uint16Array,
  samples: Uint8ClampedArray,
  to: number,
  stride: number,
): void {
  for (let i = 0; i < 64; i++) block[i] = coefficients[from + i]! * steps[i]!;
  for (let column = 0; column < 8; column++) transform(column, 8, bits - between);
  // The two-dimensional transform is eight times too large.
  for (let row = 0; row < 64; row += 8) transform(row, 1, bits + between + 3);
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) samples[to + y * stride + x] = block[8 * y + x]! + 128;
  }
}

/** The samples of a block whose only coefficient is the first. */
export function inverseDctOfConstant(
  coefficient: number,
  step: number,
  samples: Uint8ClampedArray,
  to: number,
  stride: number,
): void {
  const value = ((coefficient * step + 4) >> 3) + 128;
  for (let y = 0; y < 8; y++) samples.fill(value, to + y * stride, to + y * stride + 8);
}

/** One pass over the eight values of `block` that begin at `at`, `step` apart; drops `shift` bits with rounding. */
function transform(at: number, step: number, shift: number): void {
  const [i1, i2, i3, i4] = [at + step, at + 2 * step, at + 3 * step, at + 4 * step];
  const [i5, i6, i7] = [at + 5 * step, at + 6 * step, at + 7 * step];
  const [x0, x1, x2, x3] = [block[at]!, block[i1]!, block[i2]!, block[i3]!];
  const [x4, x5, x6, x7] = [block[i4]!, block[i5]!, block[i6]!, block[i7]!];
  const half = 1 << (shift - 1);
  if ((x1 | x2 | x3 | x4 | x5 | x6 | x7) === 0) {
    const value = ((x0 << bits) + half) >> shift;
    block[at] = block[i1] = block[i2] = block[i3] = value;
    block[i4] = block[i5] = block[i6] = block[i7] = value;
    return;
  }

  // The even part; constants are cosines and sums of them, times 2^13.
  const e1 = Math.imul(x2 + x6, 4433);
  const e2 = e1 - Math.imul(x6, 15137);
  const e3 = e1 + Math.imul(x2, 6270);
  const sum = ((x0 + x4) << bits) + half;
  const difference = ((x0 - x4) << bits) + half;
  const [a0, a3] = [sum + e3, sum - e3];
  const [a1, a2] = [difference + e2, difference - e2];

  // The odd part.
  const z5 = Math.imul(x7 + x3 + x5 + x1, 9633);
  const z1 = Math.imul(x7 + x1, -7373);
  const z2 = Math.imul(x5 + x3, -20995);
  const z3 = Math.imul(x7 + x3, -16069) + z5;
  const z4 = Math.imul(x5 + x1, -3196) + z5;
  const b0 = Math.imul(x7, 2446) + z1 + z3;
  const b1 = Math.imul(x5, 16819) + z2 + z4;
  const b2 = Math.imul(x3, 25172) + z2 + z3;
  const b3 = Math.imul(x1, 12299) + z1 + z4;

  block[at] = (a0 + b3) >> shift;
  block[i7] = (a0 - b3) >> shift;
  block[i1] = (a1 + b2) >> shift;
  block[i6] = (a1 - b2) >> shift;
  block[i2] = (a2 + b1) >> shift;
  block[i5] = (a2 - b1) >> shift;
  block[i3] = (a3 + b0) >> shift;
  block[i4] = (a3 - b0) >> shift;
}
