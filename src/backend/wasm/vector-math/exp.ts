import type { Local } from "../assembler.ts";
import type { VectorBuilder } from "./vector-builder.ts";

/** (e^r - 1 - r) / r² for |r| ≤ ln 2 / 2; Remez, error 2.4e-10 relative to e^r - 1. */
const expm1Coefficients = [
  0.5000000044, 0.1666666637, 0.04166636091, 0.008333389366, 0.001394062728, 0.0001984587924,
];

/** ln 2 in two parts; the first has 12 bits, so that its product with an exponent is exact. */
const ln2High = 0.693115234375;
const ln2Low = 3.19461849453e-5;

/** 1.5 × 2²³: a number added to it is rounded to an integer, which then stands in the low bits. */
const roundingMagic = 12582912;
const roundingMagicBits = 0x4b400000;

/** x = n ln 2 + r: emits n (as integer) and e^r - 1. */
function emitReduced(v: VectorBuilder, x: Local): { n: Local; expm1: Local } {
  const { f } = v;
  const { f32x4, i32x4 } = f;
  const [n, rounded, r] = [f.local("v128"), f.local("v128"), f.local("v128")];
  f.set(n, f32x4.add(f32x4.mul(f.get(x), v.f32(Math.LOG2E)), v.f32(roundingMagic)));
  f.set(rounded, f32x4.sub(f.get(n), v.f32(roundingMagic)));
  f.set(n, i32x4.sub(f.get(n), v.i32(roundingMagicBits)));
  f32x4.sub(f.get(x), f32x4.mul(f.get(rounded), v.f32(ln2High)));
  f.set(r, f32x4.sub(f32x4.mul(f.get(rounded), v.f32(ln2Low))));
  f32x4.mul(f32x4.mul(f.get(r), f.get(r)), v.polynomial("f32x4", r, expm1Coefficients));
  f.set(r, f32x4.add(f.get(r)));
  f.free(rounded);
  return { n, expm1: r };
}

/** Emits 2^n for an integer n in [-126, 127] on the stack. */
function emitPowerOfTwo(v: VectorBuilder): undefined {
  const { f } = v;
  f.i32x4.add(v.i32(127));
  f.i32x4.shl(f.i32.const(23));
}

/** Emits the value on the stack times 2^n, by two factors: one alone could overflow or be denormal. */
function emitScale(v: VectorBuilder, n: Local): void {
  const { f } = v;
  const half = f.local("v128");
  f.set(half, f.i32x4.shrS(f.get(n), f.i32.const(1)));
  f.get(half);
  f.f32x4.mul(emitPowerOfTwo(v));
  f.i32x4.sub(f.get(n), f.get(half));
  f.f32x4.mul(emitPowerOfTwo(v));
  f.free(half);
}

/** Emits e^x for x ≤ 89, of which it changes the local. */
export function emitExpOf(v: VectorBuilder, x: Local): void {
  const { f } = v;
  f.set(x, f.f32x4.pmax(f.get(x), v.f32(-104)));
  const { n, expm1 } = emitReduced(v, x);
  f.f32x4.add(f.get(expm1), v.f32(1));
  emitScale(v, n);
  f.free(n, expm1);
}

/** Emits e^x - 1 = 2^n (e^r - 1 + 1 - 2^-n) for x ≤ 89, of which it changes the local. */
function emitExpm1Of(v: VectorBuilder, x: Local): void {
  const { f } = v;
  f.set(x, f.f32x4.pmax(f.get(x), v.f32(-18)));
  const { n, expm1 } = emitReduced(v, x);
  f.get(expm1);
  v.f32(1);
  // 2^-n for n ≤ 126; for n > 126 it vanishes beside 1 all the same.
  f.i32x4.neg(f.i32x4.minS(f.get(n), v.i32(126)));
  emitPowerOfTwo(v);
  f.f32x4.sub();
  f.f32x4.add();
  emitScale(v, n);
  f.free(n, expm1);
}

/** e^x. Beyond the clamps the result is infinity or zero anyway; pmin and pmax keep a NaN in x. */
export function emitExp(v: VectorBuilder): void {
  const { f } = v;
  const x = f.param(0);
  f.set(x, f.f32x4.pmin(f.get(x), v.f32(89)));
  emitExpOf(v, x);
}

/** e^x - 1, which is -0 for -0. */
export function emitExpm1(v: VectorBuilder): void {
  const { f } = v;
  const x = f.param(0);
  const clamped = f.local("v128");
  f.set(clamped, f.f32x4.pmin(f.get(x), v.f32(89)));
  emitExpm1Of(v, clamped);
  v.copySign(x);
}

/** 1 / (1 + e^-x), as e^-|x| / (1 + e^-|x|) for negative x, which neither overflows nor loses small results. */
export function emitSigmoid(v: VectorBuilder): void {
  const { f } = v;
  const x = f.param(0);
  const e = f.local("v128");
  f.set(e, f.v128.or(f.get(x), v.i32(-0x80000000)));
  emitExpOf(v, e);
  f.set(e);
  v.select(f.get(e), v.f32(1), f.f32x4.lt(f.get(x), v.f32(0)));
  f.f32x4.div(f.f32x4.add(v.f32(1), f.get(e)));
}

/** tanh |x| = (e^2|x| - 1) / (e^2|x| + 1), which is 1 in float32 from 9.02 on. */
export function emitTanh(v: VectorBuilder): void {
  const { f } = v;
  const x = f.param(0);
  const e = f.local("v128");
  f.f32x4.pmin(f.f32x4.abs(f.get(x)), v.f32(10));
  f.set(e, f.f32x4.mul(v.f32(2)));
  emitExpm1Of(v, e);
  f.set(e);
  f.f32x4.div(f.get(e), f.f32x4.add(f.get(e), v.f32(2)));
  v.copySign(x);
}
