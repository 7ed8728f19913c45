/** Conversions between IEEE 754 binary16, bfloat16 and the formats that JavaScript can compute with. */

const scratchBits: Uint32Array = new Uint32Array(1);
const scratchFloat: Float32Array = new Float32Array(scratchBits.buffer);
const scratchDouble: DataView = new DataView(new ArrayBuffer(8));

/**
 * The bits of the float32 with the value of the binary16 `half`; every half has one, and a NaN keeps its payload.
 *
 * Works on bits and not on numbers, because an engine may replace one NaN by another when it handles a number.
 */
export function float16ToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f80_0000 | (fraction << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 127 - 15) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  // A subnormal half is a normal float32: shift the leading one of the fraction to the hidden place.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((1 - shift + 127 - 15) << 23) | (((fraction << shift) & 0x3ff) << 13)) >>> 0;
}

/** The value of the binary16 whose bits are `half`, exactly. */
export function decodeFloat16(half: number): number {
  scratchBits[0] = float16ToFloat32Bits(half);
  return scratchFloat[0]!;
}

/**
 * The bits of the binary16 nearest to `value`, ties to even; beyond 65504 + 16 it is infinity, NaN is 0x7e00.
 *
 * Rounds once, from float64; going through float32 would round twice.
 */
export function encodeFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  scratchDouble.setFloat64(0, value);
  const high = scratchDouble.getUint32(0);
  const sign = (high >>> 16) & 0x8000;
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  // Below 2^-14 halves are the multiples of 2^-24; rounding up to 2^10 of them gives the smallest normal's bits.
  if (exponent < -14) return sign | roundTiesToEven(magnitude * 2 ** 24);
  // 1024 <= significand <= 2048: its hidden one, or the carry to the next binade, adds into the exponent.
  const significand = roundTiesToEven(magnitude * 2 ** (10 - exponent));
  return sign | (((exponent + 14) << 10) + significand);
}

/** The bits of the float32 with the value of the bfloat16 `bits`: its upper half. */
export function bfloat16ToFloat32Bits(bits: number): number {
  return (bits << 16) >>> 0;
}

/** For 0 <= x < 2^51: adding 2^52 leaves no place for a fraction, and the addition itself rounds ties to even. */
function roundTiesToEven(x: number): number {
  return x + 2 ** 52 - 2 ** 52;
}
