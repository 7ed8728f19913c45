import { emitExpOf } from "./exp.ts";
import type { VectorBuilder } from "./vector-builder.ts";

/** erf(a) / a - 1 in a² for a ≤ 1; Remez, relative error 1.2e-9 of erf(a). */
const smallCoefficients = [
  0.1283791657, -0.3761262582, 0.1128358515, -0.02685381192, 0.005188327665, -0.0008010193446, 7.853860784e-5,
];

/** -ln erfc(a) for 1 ≤ a ≤ 4; Remez, error 2.1e-11 of erf(a). */
const largeCoefficients = [
  -0.0001884681008, 1.129580312, 0.6332163959, 0.1084221, -0.02521033975, 0.004205284673, -0.0004414726225,
  2.169761079e-5,
];

/** erf x = 2/√π ∫₀ˣ e^-t² dt: a polynomial up to 1, then 1 - erfc x; from 4 on it is 1 in float32. */
export function emitErf(v: VectorBuilder): void {
  const { f } = v;
  const { f32x4 } = f;
  const x = f.param(0);
  const [a, z, large] = [f.local("v128"), f.local("v128"), f.local("v128")];
  f.set(a, f32x4.pmin(f32x4.abs(f.get(x)), v.f32(4)));
  f.set(z, f32x4.mul(f.get(a), f.get(a)));
  f.set(large, f32x4.neg(v.polynomial("f32x4", a, largeCoefficients)));
  emitExpOf(v, large);
  f.set(large);
  v.select(
    f32x4.add(f.get(a), f32x4.mul(f.get(a), v.polynomial("f32x4", z, smallCoefficients))),
    f32x4.sub(v.f32(1), f.get(large)),
    f32x4.lt(f.get(a), v.f32(1)),
  );
  v.copySign(x);
}
