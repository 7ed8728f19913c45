import type { Emitted, FunctionBuilder, Local } from "../assembler.ts";

/**
 * Emits c₀ + c₁x + c₂x² + … by Horner's rule, in four float32 or two float64 lanes.
 *
 * Multiply and add stay apart: a fused multiply-add would give other bits on other engines.
 */
export function emitPolynomial(
  f: FunctionBuilder,
  lanes: "f32x4" | "f64x2",
  x: Local,
  coefficients: readonly number[],
): Emitted {
  const [highest, ...lower] = coefficients.toReversed();
  f[lanes].const(highest!);
  for (const coefficient of lower) {
    f[lanes].mul(f.get(x));
    f[lanes].add(f[lanes].const(coefficient));
  }
}

/** Emits `condition ? yes : no` for each lane of masks. */
export function emitSelect(f: FunctionBuilder, _yes: Emitted, _no: Emitted, _condition: Emitted): Emitted {
  f.v128.bitselect();
}

/** Gives the value on the stack, which must not be negative unless x is, the sign of x; -0 has one, too. */
export function emitCopySign(f: FunctionBuilder, x: Local): Emitted {
  f.v128.or(f.v128.and(f.get(x), f.i32x4.const(-0x80000000)));
}
