import type { Local } from "../assembler.ts";
import type { VectorBuilder } from "./vector-builder.ts";

/** (2 artanh s - 2s) / s³ in s² for 1 + f in [√½, √2], s = f / (2 + f); Remez, error 4.8e-12 of 2 artanh s. */
const artanhCoefficients = [0.6666666565, 0.4000033529, 0.2853730149, 0.2358229368];

const ln2High = 0.693115234375; // 12 bits: its product with an exponent is exact
const ln2Low = 3.19461849453e-5;

/** Bits of √½ in float32. */
const sqrtHalfBits = 0x3f3504f3;

/** x = 2^k m with m in [√½, √2), for positive normal x: emits k as a float, and m. */
function emitSplit(v: VectorBuilder, x: Local): { k: Local; m: Local } {
  const { f } = v;
  const [bits, k] = [f.local("v128"), f.local("v128")];
  f.set(bits, f.i32x4.sub(f.get(x), v.i32(sqrtHalfBits)));
  f.set(k, f.f32x4.convertI32x4S(f.i32x4.shrS(f.get(bits), f.i32.const(23))));
  f.v128.and(f.get(bits), v.i32(0x7fffff));
  f.set(bits, f.i32x4.add(v.i32(sqrtHalfBits)));
  return { k, m: bits };
}

/**
 * Emits k ln 2 + ln(1 + g) + correction, for 1 + g in [√½, √2).
 *
 * With s = g / (2 + g) and h = g² / 2: ln(1 + g) = 2 artanh s = g - (h - s (h + R)), where
 * R = 2 artanh(s) / s - 2. This form adds small terms to the exact g last, so the error stays below one ulp.
 */
function emitLogOfSplit(v: VectorBuilder, k: Local, g: Local, correction?: Local): void {
  const { f } = v;
  const { f32x4 } = f;
  const [s, z, h] = [f.local("v128"), f.local("v128"), f.local("v128")];
  f.set(s, f32x4.div(f.get(g), f32x4.add(v.f32(2), f.get(g))));
  f.set(z, f32x4.mul(f.get(s), f.get(s)));
  f.set(h, f32x4.mul(v.f32(0.5), f32x4.mul(f.get(g), f.get(g))));

  f32x4.mul(f.get(k), v.f32(ln2High));
  f.get(h);
  f32x4.mul(f.get(z), v.polynomial("f32x4", z, artanhCoefficients));
  f32x4.mul(f32x4.add(f.get(h)), f.get(s));
  f32x4.mul(f.get(k), v.f32(ln2Low));
  if (correction) f32x4.add(f.get(correction));
  f32x4.add();
  f32x4.sub();
  f32x4.sub(f.get(g));
  f32x4.sub();
  f.free(s, z, h);
}

/** Emits the result on the stack where x > edge: infinity stays, the edge has -infinity, below is no number. */
function emitSpecialCases(v: VectorBuilder, x: Local, edge: number): void {
  const { f } = v;
  const result = f.local("v128");
  f.set(result);
  const infinite = () => f.f32x4.eq(f.get(x), v.f32(Number.POSITIVE_INFINITY));
  f.set(result, v.select(f.get(x), f.get(result), infinite()));
  const outside = () =>
    v.select(v.f32(Number.NEGATIVE_INFINITY), v.f32(Number.NaN), f.f32x4.eq(f.get(x), v.f32(edge)));
  v.select(f.get(result), outside(), f.f32x4.gt(f.get(x), v.f32(edge)));
}

/** ln x; a denormal x is taken times 2²⁵ first. */
export function emitLog(v: VectorBuilder): void {
  const { f } = v;
  const x = f.param(0);
  const [normal, small] = [f.local("v128"), f.local("v128")];
  f.set(small, f.f32x4.lt(f.get(x), v.f32(2 ** -126)));
  f.set(normal, v.select(f.f32x4.mul(f.get(x), v.f32(2 ** 25)), f.get(x), f.get(small)));
  const { k, m } = emitSplit(v, normal);
  f.set(k, f.f32x4.sub(f.get(k), f.v128.and(f.get(small), v.f32(25))));
  f.set(m, f.f32x4.sub(f.get(m), v.f32(1)));
  emitLogOfSplit(v, k, m);
  emitSpecialCases(v, x, 0);
}

/**
 * ln(1 + x). With u = 1 + x rounded and c the part lost by that, ln(1 + x) = ln u + c / u; where u needs no
 * scaling (k = 0), x itself takes the place of u - 1 and nothing is lost.
 */
export function emitLog1p(v: VectorBuilder): void {
  const { f } = v;
  const { f32x4 } = f;
  const x = f.param(0);
  const [u, lost, unscaled] = [f.local("v128"), f.local("v128"), f.local("v128")];
  f.set(u, f32x4.add(v.f32(1), f.get(x)));
  const { k, m } = emitSplit(v, u);
  f.set(unscaled, f32x4.eq(f.get(k), v.f32(0)));
  v.select(
    f32x4.sub(v.f32(1), f32x4.sub(f.get(u), f.get(x))),
    f32x4.sub(f.get(x), f32x4.sub(f.get(u), v.f32(1))),
    f32x4.gt(f.get(k), v.f32(0)),
  );
  f.set(lost, f32x4.div(f.get(u)));
  f.set(lost, f.v128.andnot(f.get(lost), f.get(unscaled)));
  f.set(m, v.select(f.get(x), f32x4.sub(f.get(m), v.f32(1)), f.get(unscaled)));
  emitLogOfSplit(v, k, m, lost);
  emitSpecialCases(v, x, -1);
  v.copySign(x);
}
