import {
  FunctionBuilder,
  type FunctionRef,
  type Local,
  type ModuleBuilder,
  type ValueType,
} from "./assembler.ts";
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
  /** Short enough to be written out wherever it is needed; then it uses nothing but `v.local()`. */
  readonly short?: true;
  /** x is the first operand. */
  emit(v: VectorBuilder, x: Local, helper: (name: Helper) => FunctionRef): void;
}

const definitions: Readonly<Record<Helper, Definition>> = {
  exp: { arity: 1, short: true, emit: emitExp },
  expm1: { arity: 1, emit: emitExpm1 },
  log: { arity: 1, emit: emitLog },
  log1p: { arity: 1, emit: emitLog1p },
  sigmoid: { arity: 1, short: true, emit: emitSigmoid },
  tanh: { arity: 1, short: true, emit: emitTanh },
  erf: { arity: 1, short: true, emit: emitErf },
  sin: { arity: 1, emit: (v, x, helper) => emitInFloat64(v, helper("sinHalf"), [x]) },
  cos: { arity: 1, emit: (v, x, helper) => emitInFloat64(v, helper("cosHalf"), [x]) },
  pow: { arity: 2, emit: (v, _, helper) => emitPow(v, helper("powHalf")) },
  sinHalf: { arity: 1, emit: (v) => emitSineHalf(v, 0) },
  cosHalf: { arity: 1, emit: (v) => emitSineHalf(v, 1) },
  powHalf: { arity: 2, emit: emitPowHalf },
};

/**
 * Elementary functions on vectors of four float32 numbers, as helper functions of a module or in place.
 *
 * They are correct on zeros, denormals, infinities and NaN. Largest errors in units in the last place, which the tests
 * hold, with the fused multiply-add and without: sin and cos (for |x| ≤ 2²⁰; beyond they lose precision) and pow 0.51,
 * log 1, exp 1.5, expm1 1.6, log1p 2, sigmoid 2, tanh 2.5, erf 3.5. |erf x| and |tanh x| never exceed 1.
 */
export class VectorMath {
  readonly #module: ModuleBuilder;
  readonly #fused: boolean;
  readonly #functions = new Map<Helper, FunctionRef>();

  /** @param fused whether to use the fused multiply-add of relaxed SIMD. */
  constructor(module: ModuleBuilder, fused: boolean) {
    this.#module = module;
    this.#fused = fused;
  }

  /** The function (v128) → v128, or (v128, v128) → v128 for `pow`; emitted when first asked for. */
  function(name: MathFunction): FunctionRef {
    return this.#helper(name);
  }

  /** The constants of a short function; engines can join two vectors only where they lie in locals ahead of the loop. */
  constantsOf(name: string): readonly ArrayBufferView[] {
    const constants: ArrayBufferView[] = [];
    const definition = definitions[name as Helper] as Definition | undefined;
    if (definition?.short) {
      const scratch = new FunctionBuilder(["v128"]);
      const v = new VectorBuilder(scratch, this.#fused, (lanes) => void constants.push(lanes));
      definition.emit(v, scratch.param(0), (helper) => this.#helper(helper));
    }
    return constants;
  }

  /**
   * Emits a function of the vectors on the stack: in place if it is short, so that the work on one vector overlaps with
   * the work on the next, or else as a call. The bits are the same.
   *
   * @param held where a constant lies, if in a local.
   */
  inline(
    f: FunctionBuilder,
    name: MathFunction,
    held: (lanes: ArrayBufferView) => Local | undefined = () => undefined,
  ): void {
    const { short, emit } = definitions[name];
    if (!short) {
      f.call(this.function(name));
      return;
    }
    const v = new VectorBuilder(f, this.#fused, (lanes) => {
      const local = held(lanes);
      if (local) f.get(local);
      else f.getGlobal(this.#module.constant(lanes));
    });
    const x = v.local();
    f.set(x);
    emit(v, x, (helper) => this.#helper(helper));
    v.release();
  }

  #helper(name: Helper): FunctionRef {
    const known = this.#functions.get(name);
    if (known) return known;
    const { arity, emit } = definitions[name];
    const params = Array<ValueType>(arity).fill("v128");
    const ref = this.#module.function(name, { params, results: ["v128"] }, (f) => {
      const v = new VectorBuilder(f, this.#fused, (lanes) => f.getGlobal(this.#module.constant(lanes)));
      emit(v, f.param(0), (helper) => this.#helper(helper));
    });
    this.#functions.set(name, ref);
    return ref;
  }
}
