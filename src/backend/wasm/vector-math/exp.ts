import type { Local } from "../assembler.ts";
import type { VectorBuilder } from "./vector-builder.ts";

/** (e^r - 1 - r) / r² for |r| ≤ ln 2 / 2; minimax, error 1.4e-8 relative to e^r - 1. */
const expm1Coefficients = [0.4999999815, 0.1666654362, 0.04166719986, 0.008366520576, 0.001388252154];

/** ln 2 in two parts; the first has 12 bits, so that its product with an exponent is exact. */
const ln2High = 0.693115234375;
const ln2Low = 3.19461849453e-5;

/**
 * 1.5 × 2²³: a number added to it is rounded to an integer, which then stands in the low bits. Those bits, shifted left
 * by 23, are the float32 number 2^n if the integer is n + 127; the bits of 1.5 × 2²³ itself leave the word.
 */
const roundingMagic = 12582912;
const roundingMagicBits = 0x4b400000;
const exponentBias = 127;
const signAndExponent = -0x800000;

interface Reduced {
  /** n + bias in the low bits. */
  readonly exponent: Local;
  readonly r: Local;
}

/** ±x = n ln 2 + r: emits n, with a bias, and r. */
function emitReduced(v: VectorBuilder, sign: 1 | -1, x: Local, bias: number): Reduced {
  const { f } = v;
  const { f32x4 } = f;
  const [exponent, n, r] = [v.local(), v.local(), v.local()];
  f.set(
    exponent,
    v.madd(f.get(x), v.f32(sign * Math.LOG2E), () => v.f32(roundingMagic + bias)),
  );
  f.set(n, f32x4.sub(f.get(exponent), v.f32(roundingMagic + bias)));
  f.set(
    r,
    v.madd(f.get(n), v.f32(-sign * ln2High), () => f.get(x)),
  );
  f.set(
    r,
    v.madd(f.get(n), v.f32(-sign * ln2Low), () => f.get(r)),
  );
  return { exponent, r };
}

/** Emits the value on the stack times 2^n, by two factors: one alone could overflow or be denormal. */
function emitScale(v: VectorBuilder, exponent: Local): void {
  const { f } = v;
  const factor = v.local();
  f.i32x4.shl(f.get(exponent), f.i32.const(22));
  f.set(factor, f.v128.and(v.i32(signAndExponent)));
  f.f32x4.mul(f.get(factor));
  f.i32x4.shl(f.get(exponent), f.i32.const(23));
  f.f32x4.mul(f.i32x4.sub(f.get(factor)));
}

/** e^x. Beyond the clamps the result is infinity or zero anyway; pmin and pmax keep a NaN in x. */
export function emitExp(v: VectorBuilder, x: Local): void {
  const { f } = v;
  const clamped = v.local();
  f.set(clamped, f.f32x4.pmax(f.f32x4.pmin(f.get(x), v.f32(89)), v.f32(-104)));
  const { exponent, r } = emitReduced(v, 1, clamped, 2 * exponentBias);
  v.polynomial("f32x4", r, [1, 1, ...expm1Coefficients]);
  emitScale(v, exponent);
}

/** e^x - 1 = 2^n (e^r - 1 + 1 - 2^-n), which is -0 for -0. */
export function emitExpm1(v: VectorBuilder, x: Local): void {
  const { f } = v;
  const { f32x4, i32x4 } = f;
  const clamped = v.local();
  f.set(clamped, f32x4.pmax(f32x4.pmin(f.get(x), v.f32(89)), v.f32(-18)));
  const { exponent, r } = emitReduced(v, 1, clamped, 2 * exponentBias);
  f32x4.mul(f.get(r), f.get(r));
  v.madd(v.polynomial("f32x4", r, expm1Coefficients), undefined, () => f.get(r));
  v.f32(1);
  // 2^-n, or 0 for n > 126, where it vanishes beside 1 all the same.
  i32x4.sub(v.i32(roundingMagicBits + 3 * exponentBias), f.get(exponent));
  i32x4.shl(i32x4.maxS(v.i32(0)), f.i32.const(23));
  f32x4.add(f32x4.sub());
  emitScale(v, exponent);
  v.copySign(x);
}

/**
 * 1 / (1 + e^-x), as c / (c + c e^-x) with c = 2⁻²⁴, by which e^-x does not overflow before the result is zero.
 *
 * Beyond 70 the result has long been 1.
 */
export function emitSigmoid(v: VectorBuilder, x: Local): void {
  const { f } = v;
  const { f32x4, i32x4 } = f;
  const clamped = v.local();
  f.set(clamped, f32x4.pmax(f32x4.pmin(f.get(x), v.f32(70)), v.f32(-104)));
  const { exponent, r } = emitReduced(v, -1, clamped, exponentBias - 24);
  const alternating = expm1Coefficients.map((c, power) => (power % 2 === 0 ? c : -c));
  v.f32(2 ** -24);
  // What `emitReduced` finds is -r, as it adds to x and not to -x.
  v.polynomial("f32x4", r, [1, -1, ...alternating]);
  v.madd(i32x4.shl(f.get(exponent), f.i32.const(23)), undefined, () => v.f32(2 ** -24));
  f32x4.div();
}

/**
 * Emits 1 - e^y for -87 ≤ y ≤ 0, with a small relative error also where y is close to 0; from y = -17.4 on it is 1.
 *
 * y = n ln 2 + r and 1 - e^y = (1 - 2^n) - 2^n (e^r - 1), where the error of n ln 2 grows less than 2^n shrinks.
 */
export function emitOneMinusExp(v: VectorBuilder, y: Local): void {
  const { f } = v;
  const { f32x4 } = f;
  const [scale, r] = [v.local(), v.local()];
  // The bias gives 2^n a sign bit, so that `scale` is -2^n.
  const bias = exponentBias + 256;
  f.set(
    scale,
    v.madd(f.get(y), v.f32(Math.LOG2E), () => v.f32(roundingMagic + bias)),
  );
  f32x4.sub(f.get(scale), v.f32(roundingMagic + bias));
  f.set(
    r,
    v.madd(undefined, v.f32(-Math.LN2), () => f.get(y)),
  );
  f.set(scale, f.i32x4.shl(f.get(scale), f.i32.const(23)));
  f32x4.mul(f.get(r), f.get(scale));
  v.polynomial("f32x4", r, [1, ...expm1Coefficients]);
  v.madd(undefined, undefined, () => f32x4.add(f.get(scale), v.f32(1)));
}

/** tanh |x| = (1 - e^-2|x|) / (1 + e^-2|x|), which is 1 in float32 from 9.02 on. */
export function emitTanh(v: VectorBuilder, x: Local): void {
  const { f } = v;
  const { f32x4 } = f;
  const y = v.local();
  f32x4.pmin(f32x4.abs(f.get(x)), v.f32(10));
  f.set(y, f32x4.mul(v.f32(-2)));
  emitOneMinusExp(v, y);
  f.set(y);
  f32x4.div(f.get(y), f32x4.sub(v.f32(2), f.get(y)));
  v.copySign(x);
}
