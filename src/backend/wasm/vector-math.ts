import type { FunctionRef, ModuleBuilder, ValueType } from "./assembler.ts";
import { emitErf } from "./vector-math/erf.ts";
import { emitExp, emitExpm1, emitSigmoid, emitTanh } from "./vector-math/exp.ts";
import { emitInFloat64 } from "./vector-math/halves.ts";
import { emitLog, emitLog1p } from "./vector-math/log.ts";
import { emitPow, emitPowHalf } from "./vector-math/pow.ts";
import { emitSineHalf } from "./vector-math/trigonometry.ts";
import { VectorBuilder } from "./vector-math/vector-builder.ts";

/** Functions of four float32 lanes; `pow` takes two vectors, the others one. */
export type MathFunction =
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "sigmoid"
  | "tanh"
  | "erf"
  | "sin"
  | "cos"
  | "pow";

type Helper = MathFunction | "sinHalf" | "cosHalf" | "powHalf";

interface Definition {
  readonly arity: 1 | 2;
  emit(v: VectorBuilder, helper: (name: Helper) => FunctionRef): void;
}

const definitions: Readonly<Record<Helper, Definition>> = {
  exp: { arity: 1, emit: emitExp },
  expm1: { arity: 1, emit: emitExpm1 },
  log: { arity: 1, emit: emitLog },
  log1p: { arity: 1, emit: emitLog1p },
  sigmoid: { arity: 1, emit: emitSigmoid },
  tanh: { arity: 1, emit: emitTanh },
  erf: { arity: 1, emit: emitErf },
  sin: { arity: 1, emit: (v, helper) => emitInFloat64(v, helper("sinHalf"), [v.f.param(0)]) },
  cos: { arity: 1, emit: (v, helper) => emitInFloat64(v, helper("cosHalf"), [v.f.param(0)]) },
  pow: { arity: 2, emit: (v, helper) => emitPow(v, helper("powHalf")) },
  sinHalf: { arity: 1, emit: (v) => emitSineHalf(v, 0) },
  cosHalf: { arity: 1, emit: (v) => emitSineHalf(v, 1) },
  powHalf: { arity: 2, emit: emitPowHalf },
};

/**
 * Elementary functions on vectors of four float32 numbers, as helper functions of a module.
 *
 * They are correct on zeros, denormals, infinities and NaN, use no fused multiply-add and so give the same
 * bits on every engine. Largest errors in units in the last place, which the tests hold: sin and cos (for
 * |x| ≤ 2²⁰; beyond they lose precision) and pow 0.51, exp and log 1, erf 1.2, expm1 1.5, log1p 2, tanh 2.1,
 * sigmoid 2.5.
 */
export class VectorMath {
  readonly #module: ModuleBuilder;
  readonly #functions = new Map<Helper, FunctionRef>();

  constructor(module: ModuleBuilder) {
    this.#module = module;
  }

  /** The function (v128) → v128, or (v128, v128) → v128 for `pow`; emitted when first asked for. */
  function(name: MathFunction): FunctionRef {
    return this.#helper(name);
  }

  #helper(name: Helper): FunctionRef {
    const known = this.#functions.get(name);
    if (known) return known;
    const { arity, emit } = definitions[name];
    const params = Array<ValueType>(arity).fill("v128");
    const ref = this.#module.function(name, { params, results: ["v128"] }, (f) => {
      emit(new VectorBuilder(f, this.#module), (helper) => this.#helper(helper));
    });
    this.#functions.set(name, ref);
    return ref;
  }
}
