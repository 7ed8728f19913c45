import type { FunctionRef } from "../assembler.ts";
import { emitInFloat64, roundingMagic } from "./halves.ts";
import type { VectorBuilder } from "./vector-builder.ts";

/** 2 artanh(s) / (s ln 2) in s² for m in [√½, √2], s = (m - 1) / (m + 1); Remez, relative error 1.7e-16. */
const log2Coefficients = [
  2.885390081777927, 0.9617966939243235, 0.5770780172507523, 0.4121984013982806, 0.3206164312861213,
  0.2614429292493625, 0.24293122490606445,
];

/** 2^r for |r| ≤ ½; Remez, relative error 7.8e-13. */
const exp2Coefficients = [
  0.9999999999997623, 0.693147180546512, 0.24022650698880932, 0.055504109393504454, 0.009618128542774433,
  0.0013333452053785597, 0.00015403851787779453, 1.5309739696433705e-5, 1.3175853859675284e-6,
];

const sqrtHalfBits = 0x3fe6a09e667f3bcdn;
const oneBits = 0x3ff0000000000000n;
const mantissaMask = 0x000fffffffffffffn;
const { POSITIVE_INFINITY, NEGATIVE_INFINITY } = Number;

/**
 * a^y = 2^(y log₂ a) of two float64 lanes, for a ≥ 0 that came from float32 and is therefore never denormal.
 *
 * log₂ a = k + log₂ m with m in [√½, √2).
 */
export function emitPowHalf(v: VectorBuilder): void {
  const { f } = v;
  const { f64x2, i64x2 } = f;
  const [a, y] = [f.param(0), f.param(1)];
  const [bits, m, s, z] = [f.local("v128"), f.local("v128"), f.local("v128"), f.local("v128")];

  f.set(bits, i64x2.add(f.get(a), v.i64(oneBits - sqrtHalfBits)));
  f.set(m, i64x2.add(f.v128.and(f.get(bits), v.i64(mantissaMask)), v.i64(sqrtHalfBits)));
  f.set(s, f64x2.div(f64x2.sub(f.get(m), v.f64(1)), f64x2.add(f.get(m), v.f64(1))));
  f.set(z, f64x2.mul(f.get(s), f.get(s)));
  f64x2.mul(f.get(s), v.polynomial("f64x2", z, log2Coefficients));
  // The biased exponent, put into the low bits of 2⁵², becomes a float64 without a conversion.
  f.v128.or(i64x2.shrU(f.get(bits), f.i32.const(52)), v.f64(2 ** 52));
  f.set(z, f64x2.add(f64x2.sub(v.f64(2 ** 52 + 1023))));

  f.set(z, v.select(f.get(z), f.get(a), f64x2.lt(f.get(a), v.f64(POSITIVE_INFINITY))));
  f.set(z, v.select(v.f64(NEGATIVE_INFINITY), f.get(z), f64x2.eq(f.get(a), v.f64(0))));
  f64x2.mul(f.get(z), f.get(y));
  f.v128.andnot(f64x2.eq(f.get(a), v.f64(1))); // 1^±∞ = 1, not 2^(0 × ∞)

  // 2^±200 is infinity or zero in float32.
  f64x2.pmin(v.f64(200));
  f.set(z, f64x2.pmax(v.f64(-200)));
  f.set(bits, f64x2.add(f.get(z), v.f64(roundingMagic)));
  f.set(z, f64x2.sub(f.get(z), f64x2.sub(f.get(bits), v.f64(roundingMagic))));
  v.polynomial("f64x2", z, exp2Coefficients);
  f64x2.mul(i64x2.add(i64x2.shl(f.get(bits), f.i32.const(52)), v.i64(oneBits)));
}

/** x^y with the special cases of C99, annex F.9.4.4. */
export function emitPow(v: VectorBuilder, half: FunctionRef): void {
  const { f } = v;
  const { f32x4, v128 } = f;
  const [x, y] = [f.param(0), f.param(1)];
  const [magnitude, result] = [f.local("v128"), f.local("v128")];
  const [isInteger, halved] = [f.local("v128"), f.local("v128")];
  f.set(magnitude, f32x4.abs(f.get(x)));
  f.set(result, emitInFloat64(v, half, [magnitude, y]));

  // An odd integer keeps the sign of x, zeros and infinities included. An infinite y counts as even.
  f.set(isInteger, f32x4.eq(f32x4.trunc(f.get(y)), f.get(y)));
  f.set(halved, f32x4.mul(f.get(y), v.f32(0.5)));
  const isOdd = () => v128.and(f.get(isInteger), f32x4.ne(f32x4.trunc(f.get(halved)), f.get(halved)));
  const sign = () => v128.and(f.get(x), v.i32(-0x80000000));
  f.set(result, v128.or(f.get(result), v128.and(sign(), isOdd())));

  // A negative, finite x has no real power for other exponents.
  const isNegative = () =>
    v128.and(f32x4.lt(f.get(x), v.f32(0)), f32x4.gt(f.get(x), v.f32(NEGATIVE_INFINITY)));
  f.set(result, v128.or(f.get(result), v128.andnot(isNegative(), f.get(isInteger))));

  // x^0 = 1^y = 1, even for NaN.
  v.select(v.f32(1), f.get(result), v128.or(f32x4.eq(f.get(y), v.f32(0)), f32x4.eq(f.get(x), v.f32(1))));
}
