import type { Emitted, FunctionBuilder, Local } from "../assembler.ts";

/** Writes one vector function: what `FunctionBuilder` has, with constants kept elsewhere and common idioms. */
export class VectorBuilder {
  readonly f: FunctionBuilder;
  readonly #fused: boolean;
  readonly #constant: (lanes: ArrayBufferView) => Emitted;
  readonly #locals: Local[] = [];

  /**
   * @param fused whether to use the fused multiply-add of relaxed SIMD.
   * @param constant pushes 16 bytes that never change.
   */
  constructor(f: FunctionBuilder, fused: boolean, constant: (lanes: ArrayBufferView) => Emitted) {
    this.f = f;
    this.#fused = fused;
    this.#constant = constant;
  }

  /** A vector variable, until `release`. */
  local(): Local {
    const local = this.f.local("v128");
    this.#locals.push(local);
    return local;
  }

  /** Gives all variables back. */
  release(): void {
    this.f.free(...this.#locals.splice(0));
  }

  /** Pushes a constant in all four float32 lanes; the other three methods do the same for their lanes. */
  f32(value: number): Emitted {
    this.#constant(new Float32Array(4).fill(value));
  }

  i32(value: number): Emitted {
    this.#constant(new Int32Array(4).fill(value));
  }

  f64(value: number): Emitted {
    this.#constant(new Float64Array(2).fill(value));
  }

  i64(value: bigint): Emitted {
    this.#constant(new BigInt64Array(2).fill(value));
  }

  /** a b + c of the first two operands and what `c` pushes. */
  madd(_a: Emitted, _b: Emitted, c: () => Emitted, lanes: "f32x4" | "f64x2" = "f32x4"): Emitted {
    const group = this.f[lanes];
    if (this.#fused) group.relaxedMadd(undefined, undefined, c());
    else group.add(group.mul(), c());
  }

  /** c₀ + c₁x + c₂x² + … by Horner's rule, in four float32 or two float64 lanes. */
  polynomial(lanes: "f32x4" | "f64x2", x: Local, coefficients: readonly number[]): Emitted {
    const push = (value: number) => (lanes === "f32x4" ? this.f32(value) : this.f64(value));
    const [highest, ...lower] = coefficients.toReversed();
    push(highest!);
    for (const coefficient of lower) this.madd(undefined, this.f.get(x), () => push(coefficient), lanes);
  }

  /** `condition ? yes : no` for each lane of a mask. */
  select(_yes: Emitted, _no: Emitted, _condition: Emitted): Emitted {
    this.f.v128.bitselect();
  }

  /** Gives the value on the stack, which must not be negative unless x is, the sign of x; -0 has one, too. */
  copySign(x: Local): Emitted {
    this.f.v128.or(this.f.v128.and(this.f.get(x), this.i32(-0x80000000)));
  }
}
