/** Four 32-bit words: a counter that goes into the generator, or the block of random bits that comes out. */
export type Words4 = ArrayLike<number>;

/** Two 32-bit words. */
export type Words2 = ArrayLike<number>;

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
/** The key's Weyl sequence: the golden ratio and √3 − 1, each times 2³². */
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const rounds = 10;

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit integers. */
export function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  // Neither sum can pass 2³² − 1: 65535² + 65535 = 65535 · 65536.
  const inner = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const outer = (Math.imul(aLow, bHigh) >>> 0) + (inner & 0xffff);
  return (Math.imul(aHigh, bHigh) + (inner >>> 16) + (outer >>> 16)) >>> 0;
}

/**
 * Writes the 128 random bits that Philox4x32-10 gives for a 128-bit counter and a 64-bit key to `out[0..3]`.
 *
 * A pure function of integers: the same words on every engine, thread and device, and any block of a sequence
 * can be computed without those before it. Words are least significant first. `out` may be `counter`.
 *
 * Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011), section 4.
 */
export function philox4x32(counter: Words4, key: Words2, out: Uint32Array): void {
  let c0 = counter[0]!;
  let c1 = counter[1]!;
  let c2 = counter[2]!;
  let c3 = counter[3]!;
  let k0 = key[0]!;
  let k1 = key[1]!;
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(multiplier0, c0);
    const high1 = multiplyHigh(multiplier1, c2);
    const low0 = Math.imul(multiplier0, c0);
    const low1 = Math.imul(multiplier1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}
