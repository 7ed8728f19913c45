import { type Buffer, type Condition, type Expr, operandsOf, walk } from "../../../compiler/expr.ts";
import { dependsOn, type Index, type LoopVariable, slope } from "../../../compiler/index-expr.ts";
import type { FunctionBuilder, FunctionRef, Local } from "../assembler.ts";
import type { MathFunction, VectorMath } from "../vector-math.ts";
import { emitBinary, emitConversion, emitUnary } from "./arithmetic.ts";
import type { FourierHelpers } from "./fourier-helpers.ts";
import type { MatrixHelpers } from "./matrix-helpers.ts";
import { type BaseAddress, Places } from "./places.ts";
import { Scope } from "./scope.ts";
import { loadStrided, storeStrided } from "./strided-access.ts";
import type { WinogradHelpers } from "./winograd-helpers.ts";

/** What the code of one kernel may use from outside. */
export interface KernelEnvironment {
  baseOf(buffer: Buffer): BaseAddress;
  /** Whether every sum is added up in one order, wherever in the output it stands. */
  readonly inOrder: boolean;
  readonly math: VectorMath;
  readonly matrix: MatrixHelpers;
  readonly winograd: WinogradHelpers;
  readonly fourier: FourierHelpers;
  /** Where a table of constants lies. */
  constants(table: Int32Array): BaseAddress;
  /** Memory of this thread alone that holds nothing between kernels. */
  scratch(bytes: number): BaseAddress;
  /** (value, extent) → value if it is inside, else 0 and a note for the caller of the program. */
  readonly checkIndex: FunctionRef;
}

/** Emits a reduction's value; given by the layer above, which knows about loops. */
export type ReduceEmitter = (expr: Extract<Expr, { kind: "reduce" | "argreduce" }>) => void;

/**
 * Emits values as 128-bit vectors of four lanes, always: with `lanes` set, lane l belongs to position + l of that loop;
 * otherwise all lanes of a value are computed alike and only the first one counts. So a loop's remainder does the very
 * same arithmetic as its vector part, and results do not depend on where a thread's share begins.
 *
 * float32 is f32x4; int32 and uint8 are i32x4; bool is a mask of all ones or zeros.
 */
export class Values {
  readonly f: FunctionBuilder;
  readonly scope: Scope = new Scope();
  readonly places: Places;
  readonly #environment: KernelEnvironment;
  readonly #emitReduce: ReduceEmitter;
  /** How many parents each expression has; values with several are kept in a local. */
  readonly #uses = new Map<string, number>();
  lanes: LoopVariable | undefined;
  /** Whether most elements are done in lanes, so that those left over must not be added up in another order. */
  leftOver = false;
  /** Whether a product may be added without rounding it first. */
  readonly fused: boolean;
  /** Whether every sum is added up in one order, wherever in the output it stands. */
  readonly inOrder: boolean;
  /** How many vectors, side by side, the engine puts into one register. */
  readonly vectorsPerRegister: number;

  constructor(f: FunctionBuilder, environment: KernelEnvironment, emitReduce: ReduceEmitter) {
    this.f = f;
    this.#environment = environment;
    this.#emitReduce = emitReduce;
    this.fused = environment.matrix.fused;
    this.inOrder = environment.inOrder;
    this.vectorsPerRegister = environment.matrix.vectorsPerRegister;
    this.places = new Places(
      f,
      this.scope,
      (buffer) => environment.baseOf(buffer),
      (value, extent) => this.#pushChecked(value, extent),
    );
  }

  /** Makes known an expression that will be emitted. */
  prepare(expr: Expr): void {
    walk(expr, (part) => {
      if (part.kind === "load") this.places.prepareAt(part.buffer, part.index);
      for (const operand of operandsOf(part)) this.#countUse(operand);
    });
  }

  /** The same for an expression that is emitted beside others, with which it may share itself or its operands. */
  prepareShared(expr: Expr): void {
    this.#countUse(expr);
    this.prepare(expr);
  }

  #countUse({ key }: Expr): void {
    this.#uses.set(key, (this.#uses.get(key) ?? 0) + 1);
  }

  /** Computes ahead, once, whatever in `expr` depends on running loops only. */
  hoist(expr: Expr, after: ReadonlySet<LoopVariable> = this.places.bound): void {
    if (this.scope.find(expr.key)) return;
    if ([...expr.loops].every((loop) => after.has(loop))) {
      if (expr.kind === "reduce" || expr.kind === "argreduce") return;
      this.#keep(expr);
      return;
    }
    if (expr.kind === "guard") return;
    if (expr.kind === "unary") this.#hoistConstants(expr.fn);
    for (const operand of operandsOf(expr)) this.hoist(operand, after);
  }

  #hoistConstants(fn: string): void {
    for (const lanes of this.#environment.math.constantsOf(fn)) {
      const key = constantKey(lanes);
      if (this.scope.find(key)) continue;
      const local = this.f.local("v128");
      this.f.set(local, this.f.v128.const(lanes));
      this.scope.add(key, local);
    }
  }

  #keep(expr: Expr): void {
    const local = this.f.local("v128");
    this.#compute(expr);
    this.f.set(local);
    this.scope.add(expr.key, local);
  }

  /** Pushes the value. */
  emit(expr: Expr): void {
    const known = this.scope.find(expr.key);
    if (known) {
      this.f.get(known);
      return;
    }
    this.#compute(expr);
    if ((this.#uses.get(expr.key) ?? 0) > 1 && expr.kind !== "constant") {
      const local = this.f.local("v128");
      this.f.tee(local);
      this.scope.add(expr.key, local);
    }
  }

  /** Makes a value known that was computed elsewhere. */
  define(expr: Expr, local: Local): void {
    this.scope.add(expr.key, local);
  }

  #compute(expr: Expr): void {
    const { f } = this;
    switch (expr.kind) {
      case "constant":
        if (expr.dtype === "bool") f.i32x4.const(expr.value !== 0 ? -1 : 0);
        else if (expr.dtype === "float32") f.f32x4.const(expr.value);
        else f.i32x4.const(expr.value);
        return;
      case "load":
        this.#load(expr.buffer, expr.index, expr);
        return;
      case "position":
        this.#position(expr.index, expr);
        return;
      case "cast":
        this.emit(expr.x);
        emitConversion(f, expr.x.dtype, expr.dtype);
        return;
      case "unary":
        this.emit(expr.x);
        emitUnary(f, expr.fn, expr.x.dtype, this.#math);
        return;
      case "binary":
        if (this.#clamp(expr)) return;
        this.emit(expr.a);
        this.emit(expr.b);
        emitBinary(f, expr.fn, expr.a.dtype, this.#math);
        return;
      case "select":
        this.emit(expr.a);
        this.emit(expr.b);
        this.emit(expr.test);
        f.v128.bitselect();
        return;
      case "guard":
        this.#guard(expr);
        return;
      case "reduce":
      case "argreduce":
        this.#emitReduce(expr);
        return;
    }
  }

  /** Emits a function: in place in the code for four lanes, which is hot; as a call elsewhere, to keep the code small. */
  readonly #math = (name: MathFunction): void => {
    const { math } = this.#environment;
    if (this.lanes) math.inline(this.f, name, (lanes) => this.scope.find(constantKey(lanes)));
    else this.f.call(math.function(name));
  };

  /** A maximum or minimum with a number, which takes one instruction and keeps NaN; says whether it is one. */
  #clamp({ fn, a, b, dtype }: Extract<Expr, { kind: "binary" }>): boolean {
    const { f } = this;
    const [x, bound] = a.kind === "constant" ? [b, a] : [a, b];
    if (dtype !== "float32" || bound.kind !== "constant" || Number.isNaN(bound.value)) return false;
    if (fn !== "maximum" && fn !== "minimum") return false;
    this.emit(x);
    this.emit(bound);
    // x < bound ? bound : x, and the other way round
    if (fn === "maximum") f.f32x4.pmax();
    else f.f32x4.pmin();
    return true;
  }

  /** The value lane by lane: for whatever four lanes cannot do at once. */
  #byLanes(expr: Expr): void {
    const { f } = this;
    const loop = this.lanes!;
    const result = f.local("v128");
    this.lanes = undefined;
    for (let lane = 0; lane < 4; lane++) {
      const part = f.local("v128");
      this.places.atLane(loop, lane, () => {
        this.#compute(expr);
        f.set(part);
      });
      if (lane === 0) f.set(result, f.get(part));
      else f.set(result, f.i32x4.replaceLane(lane, f.get(result), f.i32x4.extractLane(0, f.get(part))));
      f.free(part);
    }
    this.lanes = loop;
    f.get(result);
    f.free(result);
  }

  #load(buffer: Buffer, index: Index, expr: Expr): void {
    const { f, places, lanes } = this;
    const step = lanes ? slope(index, lanes) : 0;
    if (step === undefined) {
      this.#byLanes(expr);
      return;
    }
    const wide = buffer.dtype === "float32" || buffer.dtype === "int32";
    if (wide) {
      if (step === 0) f.v128.load32Splat({ offset: places.address(buffer, index), align: 4 });
      else if (step === 1) f.v128.load({ offset: places.address(buffer, index), align: 4 });
      else loadStrided(f, places, buffer, index, step);
      return;
    }
    if (step === 0) f.i32x4.splat(f.i32.load8U({ offset: places.address(buffer, index) }));
    else if (step === 1) {
      f.v128.load32Zero({ offset: places.address(buffer, index), align: 1 });
      f.i16x8.extendLowI8x16U();
      f.i32x4.extendLowI16x8U();
    } else {
      this.#byLanes(expr);
      return;
    }
    if (buffer.dtype === "bool") f.i32x4.ne(undefined, f.i32x4.const(0));
  }

  #position(index: Index, expr: Expr): void {
    const { f } = this;
    const step = this.lanes ? slope(index, this.lanes) : 0;
    if (step === undefined) {
      this.#byLanes(expr);
      return;
    }
    this.places.push(index);
    f.i32x4.splat();
    if (step !== 0) f.i32x4.add(undefined, f.i32x4.const(0, step, 2 * step, 3 * step));
  }

  #guard(expr: Extract<Expr, { kind: "guard" }>): void {
    const { f, lanes } = this;
    const varying = lanes ? expr.conditions.filter((c) => dependsOn(c.index, lanes)) : [];
    const hard = varying.some((c) => c.kind === "divisible" || slope(c.index, lanes!) === undefined);
    if (hard) {
      this.#byLanes(expr);
      return;
    }
    this.test(expr.conditions);
    const otherwise = { kind: "constant", value: expr.otherwise, dtype: expr.dtype } as Expr;
    f.if(
      "v128",
      () => this.scope.within(() => this.emit(expr.value)),
      () => {
        if (varying.length > 0) this.#byLanes(expr);
        else this.#compute(otherwise);
      },
    );
  }

  /** Pushes, as an i32, whether conditions hold, for all lanes where they depend on these. */
  test(conditions: readonly Condition[]): void {
    const { f, lanes } = this;
    let count = 0;
    const inside = (extent: number): void => {
      f.i32.ltU(undefined, f.i32.const(extent));
      if (count++ > 0) f.i32.and();
    };
    for (const condition of conditions) {
      this.places.push(condition.index);
      if (condition.kind === "divisible") {
        f.i32.remS(undefined, f.i32.const(condition.by));
        f.i32.eqz();
        if (count++ > 0) f.i32.and();
        continue;
      }
      inside(condition.extent);
      const step = lanes ? slope(condition.index, lanes)! : 0;
      if (step === 0) continue;
      this.places.push(condition.index);
      f.i32.add(undefined, f.i32.const(3 * step));
      inside(condition.extent);
    }
  }

  /** Pushes an index tensor's element as an i32 that lies in [0, extent). */
  #pushChecked(value: Expr, extent: number): void {
    const { f } = this;
    this.emit(value);
    f.i32x4.extractLane(0);
    f.i32.const(extent);
    f.call(this.#environment.checkIndex);
  }

  /** Emits output[index] = expr, for four steps of `lanes` at once if that is given. */
  write(output: Buffer, index: Index, expr: Expr, lanes?: LoopVariable): void {
    const value = this.f.local("v128");
    this.lanes = lanes;
    this.emit(expr);
    this.f.set(value);
    this.store(output, index, value, lanes);
    this.lanes = undefined;
    this.f.free(value);
  }

  /**
   * Emits a store to `index` of `buffer`: of lanes, or of the first one.
   *
   * @param count how many lanes: 4, or less of numbers of four bytes that lie side by side.
   */
  store(buffer: Buffer, index: Index, value: Local, lanes: LoopVariable | undefined, count = 4): void {
    const { f, places } = this;
    const step = lanes ? slope(index, lanes)! : 1;
    if (count < 4) {
      const address = f.local("i32");
      const offset = places.address(buffer, index);
      f.set(address);
      if (count > 1) {
        f.get(address);
        f.get(value);
        f.v128.store64Lane(0, { offset, align: 4 });
      }
      if (count !== 2) {
        f.get(address);
        f.get(value);
        f.v128.store32Lane(count - 1, { offset: offset + 4 * (count - 1) });
      }
      f.free(address);
      return;
    }
    if (step !== 1) {
      storeStrided(f, places, buffer, index, value, step);
      return;
    }
    const offset = places.address(buffer, index);
    f.get(value);
    if (buffer.dtype === "float32" || buffer.dtype === "int32") {
      if (lanes) f.v128.store({ offset, align: 4 });
      else f.v128.store32Lane(0, { offset });
      return;
    }
    if (buffer.dtype === "bool") f.v128.and(undefined, f.i32x4.const(1));
    f.i16x8.narrowI32x4U(undefined, f.i32x4.const(0));
    f.i8x16.narrowI16x8U(undefined, f.i32x4.const(0));
    if (lanes) f.v128.store32Lane(0, { offset, align: 1 });
    else f.v128.store8Lane(0, { offset });
  }
}

/** The key in a scope of 16 bytes that never change. */
function constantKey({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return `constant ${new Uint8Array(buffer, byteOffset, byteLength)}`;
}
