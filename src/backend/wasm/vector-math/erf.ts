import type { Local } from "../assembler.ts";
import { emitOneMinusExp } from "./exp.ts";
import type { VectorBuilder } from "./vector-builder.ts";

/**
 * ln(erfc a) / a for 0 ≤ a ≤ 4, as even(a²) + a odd(a²): two short chains overlap better than a long one. Minimax; by
 * it the relative error of erf a is 3.6e-8.
 */
const even = [-1.128379207, -0.1028144105, -0.0002057153407, 0.0003810008425];
const odd = [-0.6366164967, 0.01932171554, -0.001251747165, -4.070795511e-5];

/** erf x = 2/√π ∫₀ˣ e^-t² dt, as ±(1 - e^ln(erfc |x|)); from 4 on it is 1 in float32. */
export function emitErf(v: VectorBuilder, x: Local): void {
  const { f } = v;
  const { f32x4 } = f;
  const [a, square, y] = [v.local(), v.local(), v.local()];
  f.set(a, f32x4.pmin(f32x4.abs(f.get(x)), v.f32(4)));
  f.set(square, f32x4.mul(f.get(a), f.get(a)));
  v.polynomial("f32x4", square, odd);
  v.madd(undefined, f.get(a), () => v.polynomial("f32x4", square, even));
  f.set(y, f32x4.mul(f.get(a)));
  emitOneMinusExp(v, y);
  v.copySign(x);
}
