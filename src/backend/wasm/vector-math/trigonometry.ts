import type {} from "../assembler.ts";
import { roundingMagic } from "./halves.ts";
import type { VectorBuilder } from "./vector-builder.ts";

/** (sin(r) / r - 1) / r² in r² for |r| ≤ π/4; Remez, error 4.9e-12. */
const sinCoefficients = [
  -0.16666666641606995, 0.008333329383581858, -0.00019839334082864853, 2.718304227275107e-6,
];

/** (cos(r) - 1 + r²/2) / r⁴ in r² for |r| ≤ π/4; Remez, error 1.4e-13. */
const cosCoefficients = [
  0.04166666662279328, -0.0013888883750359197, 2.4799519191215862e-5, -2.7210169295160224e-7,
];

/** π/2 in three parts (Cody and Waite); the first two have 33 bits, so n times them is exact for n < 2²⁰. */
const halfPi = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;

/**
 * The sine of two float64 lanes, or their cosine as the sine a quarter turn on: `quarterTurns` is 0 or 1.
 *
 * x = n π/2 + r with |r| ≤ π/4; n mod 4 says whether it is sin r or cos r, and the sign. Good to float32's
 * precision for |x| ≤ 2²⁰; beyond, precision is lost bit by bit, but the result stays within [-1, 1].
 */
export function emitSineHalf(v: VectorBuilder, quarterTurns: 0 | 1): void {
  const { f } = v;
  const { f64x2, i64x2 } = f;
  const x = f.param(0);
  const [quadrant, n, r, z] = [f.local("v128"), f.local("v128"), f.local("v128"), f.local("v128")];
  f.set(quadrant, f64x2.add(f64x2.mul(f.get(x), v.f64(2 / Math.PI)), v.f64(roundingMagic)));
  f.set(n, f64x2.sub(f.get(quadrant), v.f64(roundingMagic)));
  if (quarterTurns === 1) f.set(quadrant, i64x2.add(f.get(quadrant), v.i64(1n)));

  f.get(x);
  for (const part of halfPi) f64x2.sub(f64x2.mul(f.get(n), v.f64(part)));
  f64x2.pmin(v.f64(0.79));
  f.set(r, f64x2.pmax(v.f64(-0.79)));
  f.set(z, f64x2.mul(f.get(r), f.get(r)));

  const bit = (value: bigint) => f.v128.and(f.get(quadrant), v.i64(value));
  const cosine = () => {
    f64x2.mul(f64x2.mul(f.get(z), f.get(z)), v.polynomial("f64x2", z, cosCoefficients));
    f64x2.sub(f64x2.mul(v.f64(0.5), f.get(z)));
    f64x2.add(v.f64(1));
  };
  const sine = () => {
    f64x2.mul(f.get(z), v.polynomial("f64x2", z, sinCoefficients));
    f64x2.mul(f64x2.add(v.f64(1)), f.get(r));
  };
  v.select(void cosine(), void sine(), i64x2.eq(bit(1n), v.i64(1n)));
  f.v128.xor(i64x2.shl(bit(2n), f.i32.const(62)));
}
