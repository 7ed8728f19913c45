import type { FunctionBuilder, FunctionRef, Local } from "../assembler.ts";
import { emitCopySign, emitPolynomial, emitSelect } from "./polynomial.ts";

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
function emitReduced(f: FunctionBuilder, x: Local): { n: Local; expm1: Local } {
  const { f32x4, i32x4 } = f;
  const [n, rounded, r] = [f.local("v128"), f.local("v128"), f.local("v128")];
  f.set(n, f32x4.add(f32x4.mul(f.get(x), f32x4.const(Math.LOG2E)), f32x4.const(roundingMagic)));
  f.set(rounded, f32x4.sub(f.get(n), f32x4.const(roundingMagic)));
  f.set(n, i32x4.sub(f.get(n), i32x4.const(roundingMagicBits)));
  f32x4.sub(f.get(x), f32x4.mul(f.get(rounded), f32x4.const(ln2High)));
  f.set(r, f32x4.sub(f32x4.mul(f.get(rounded), f32x4.const(ln2Low))));
  f32x4.mul(f32x4.mul(f.get(r), f.get(r)), emitPolynomial(f, "f32x4", r, expm1Coefficients));
  f.set(r, f32x4.add(f.get(r)));
  f.free(rounded);
  return { n, expm1: r };
}

/** Emits 2^n for an integer n in [-126, 127] on the stack. */
function emitPowerOfTwo(f: FunctionBuilder): undefined {
  f.i32x4.add(f.i32x4.const(127));
  f.i32x4.shl(f.i32.const(23));
}

/** Emits the value on the stack times 2^n, by two factors: one alone could overflow or be denormal. */
function emitScale(f: FunctionBuilder, n: Local): void {
  const half = f.local("v128");
  f.set(half, f.i32x4.shrS(f.get(n), f.i32.const(1)));
  f.get(half);
  f.f32x4.mul(emitPowerOfTwo(f));
  f.i32x4.sub(f.get(n), f.get(half));
  f.f32x4.mul(emitPowerOfTwo(f));
  f.free(half);
}

/** e^x. Beyond the clamps the result is infinity or zero anyway; pmin and pmax keep a NaN in x. */
export function emitExp(f: FunctionBuilder): void {
  const x = f.param(0);
  f.f32x4.pmin(f.get(x), f.f32x4.const(89));
  f.set(x, f.f32x4.pmax(f.f32x4.const(-104)));
  const { n, expm1 } = emitReduced(f, x);
  f.f32x4.add(f.get(expm1), f.f32x4.const(1));
  emitScale(f, n);
}

/** e^x - 1 = 2^n (e^r - 1 + 1 - 2^-n). */
export function emitExpm1(f: FunctionBuilder): void {
  const x = f.param(0);
  const clamped = f.local("v128");
  f.f32x4.pmin(f.get(x), f.f32x4.const(89));
  f.set(clamped, f.f32x4.pmax(f.f32x4.const(-18)));
  const { n, expm1 } = emitReduced(f, clamped);
  f.get(expm1);
  f.f32x4.const(1);
  // 2^-n for n ≤ 126; for n > 126 it vanishes beside 1 all the same.
  f.i32x4.neg(f.i32x4.minS(f.get(n), f.i32x4.const(126)));
  emitPowerOfTwo(f);
  f.f32x4.sub();
  f.f32x4.add();
  emitScale(f, n);
  emitCopySign(f, x);
}

/** 1 / (1 + e^-x), as e^-|x| / (1 + e^-|x|) for negative x, which neither overflows nor loses small results. */
export function emitSigmoid(f: FunctionBuilder, exp: FunctionRef): void {
  const x = f.param(0);
  const e = f.local("v128");
  f.set(e, f.call(exp, f.v128.or(f.get(x), f.i32x4.const(-0x80000000))));
  emitSelect(f, f.get(e), f.f32x4.const(1), f.f32x4.lt(f.get(x), f.f32x4.const(0)));
  f.f32x4.div(f.f32x4.add(f.f32x4.const(1), f.get(e)));
}

/** tanh |x| = (e^2|x| - 1) / (e^2|x| + 1), which is 1 in float32 from 9.02 on. */
export function emitTanh(f: FunctionBuilder, expm1: FunctionRef): void {
  const x = f.param(0);
  const e = f.local("v128");
  f.f32x4.pmin(f.f32x4.abs(f.get(x)), f.f32x4.const(10));
  f.set(e, f.call(expm1, f.f32x4.mul(f.f32x4.const(2))));
  f.f32x4.div(f.get(e), f.f32x4.add(f.get(e), f.f32x4.const(2)));
  emitCopySign(f, x);
}
