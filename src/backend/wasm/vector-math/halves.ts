import type { Emitted, FunctionRef, Local } from "../assembler.ts";
import type { VectorBuilder } from "./vector-builder.ts";

/**
 * Emits a function of two float64 lanes, applied to the lower and the upper half of float32 vectors.
 *
 * Float64 is the simplest way to be right where float32 arithmetic would lose too much.
 */
export function emitInFloat64(
  v: VectorBuilder,
  halfFunction: FunctionRef,
  operands: readonly Local[],
): Emitted {
  const { f } = v;
  const half = (load: (operand: Local) => Emitted) => {
    for (const operand of operands) f.f64x2.promoteLowF32x4(load(operand));
    f.f32x4.demoteF64x2Zero(f.call(halfFunction));
  };
  half((operand) => f.get(operand));
  half((operand) => f.i64x2.shuffle([1, 1], f.get(operand), f.get(operand)));
  f.i64x2.shuffle([0, 2]);
}

/** 1.5 × 2⁵²: a number added to it is rounded to an integer, which then stands in the low bits. */
export const roundingMagic = 6755399441055744;
