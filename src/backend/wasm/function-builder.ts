import { ArgumentError } from "../../core/errors.ts";
import { ByteBuffer } from "./encoding.ts";
import {
  type Atomic,
  type Emitted,
  type F32,
  type F32x4,
  type F64,
  type F64x2,
  type I8x16,
  type I16x8,
  type I32,
  type I32x4,
  type I64,
  type I64x2,
  type Instructions,
  instructionsFor,
  type Memory,
  type V128,
} from "./instructions.ts";
import { control } from "./opcodes.ts";

/** Type of a local, a global, an operand. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

/** Binary codes of the value types (specification, section 5.3.1 and 5.3.2). */
export const valueTypeCodes: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};
const noResult = 0x40;

export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A function that can be called: imported, defined, or declared and defined later. */
export interface FunctionRef extends Signature {
  readonly index: number;
  readonly name: string;
}

export interface GlobalRef {
  readonly index: number;
  readonly type: ValueType;
}

/** A parameter or local variable of the function being built. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** Target of a branch: the end of a `block` or `if`, the start of a `loop`. */
export interface Label {
  readonly depth: number;
}

type Body = (label: Label) => void;

/**
 * Writes the body of one function, one method per instruction in stack order; operands may be written
 * inside the call (see `Emitted`). Instructions with a type stand in its group: `f.i32.add()`.
 */
export class FunctionBuilder implements Instructions {
  readonly i32: I32;
  readonly i64: I64;
  readonly f32: F32;
  readonly f64: F64;
  readonly atomic: Atomic;
  readonly memory: Memory;
  readonly v128: V128;
  readonly i8x16: I8x16;
  readonly i16x8: I16x8;
  readonly i32x4: I32x4;
  readonly i64x2: I64x2;
  readonly f32x4: F32x4;
  readonly f64x2: F64x2;

  readonly #code = new ByteBuffer();
  readonly #params: readonly Local[];
  readonly #locals: ValueType[] = [];
  readonly #free = new Map<ValueType, Local[]>();
  readonly #labels: Label[] = [];

  constructor(params: readonly ValueType[]) {
    this.#params = params.map((type, index) => ({ type, index }));
    const groups = instructionsFor(this.#code);
    this.i32 = groups.i32;
    this.i64 = groups.i64;
    this.f32 = groups.f32;
    this.f64 = groups.f64;
    this.atomic = groups.atomic;
    this.memory = groups.memory;
    this.v128 = groups.v128;
    this.i8x16 = groups.i8x16;
    this.i16x8 = groups.i16x8;
    this.i32x4 = groups.i32x4;
    this.i64x2 = groups.i64x2;
    this.f32x4 = groups.f32x4;
    this.f64x2 = groups.f64x2;
  }

  param(index: number): Local {
    const param = this.#params[index];
    if (!param) throw new ArgumentError(`parameter ${index} of a function with ${this.#params.length}`);
    return param;
  }

  /** A local variable; zero at the start of the function unless it reuses a freed one. */
  local(type: ValueType): Local {
    const reused = this.#free.get(type)?.pop();
    if (reused) return reused;
    this.#locals.push(type);
    return { type, index: this.#params.length + this.#locals.length - 1 };
  }

  /** Gives locals back, so that a later `local` of the same type may reuse them. */
  free(...locals: Local[]): void {
    for (const local of locals) {
      const free = this.#free.get(local.type);
      if (free) free.push(local);
      else this.#free.set(local.type, [local]);
    }
  }

  get(local: Local): Emitted {
    this.#code.byte(control.localGet);
    this.#code.u32(local.index);
  }

  set(local: Local, ..._operands: Emitted[]): Emitted {
    this.#code.byte(control.localSet);
    this.#code.u32(local.index);
  }

  /** Sets a local and leaves the value on the stack. */
  tee(local: Local, ..._operands: Emitted[]): Emitted {
    this.#code.byte(control.localTee);
    this.#code.u32(local.index);
  }

  getGlobal(global: GlobalRef): Emitted {
    this.#code.byte(control.globalGet);
    this.#code.u32(global.index);
  }

  setGlobal(global: GlobalRef, ..._operands: Emitted[]): Emitted {
    this.#code.byte(control.globalSet);
    this.#code.u32(global.index);
  }

  /** A block whose label is its end; with a type it leaves one value of that type. */
  block(body: Body): Emitted;
  block(result: ValueType, body: Body): Emitted;
  block(...args: [Body] | [ValueType, Body]): Emitted {
    this.#structure(control.block, args);
  }

  /** A block whose label is its start: it repeats only when something branches there. */
  loop(body: Body): Emitted;
  loop(result: ValueType, body: Body): Emitted;
  loop(...args: [Body] | [ValueType, Body]): Emitted {
    this.#structure(control.loop, args);
  }

  /** Two-way choice on an i32, which is on the stack or written as the first argument. */
  if(then: Body, otherwise?: Body): Emitted;
  if(result: ValueType, then: Body, otherwise: Body): Emitted;
  if(condition: Emitted, then: Body, otherwise?: Body): Emitted;
  if(condition: Emitted, result: ValueType, then: Body, otherwise: Body): Emitted;
  if(...args: (Emitted | ValueType | Body)[]): Emitted {
    this.#structure(control.if, args);
  }

  /** Leaves the block of `label`, or repeats it if it is a loop. */
  br(label: Label, ..._operands: Emitted[]): Emitted {
    this.#branch(control.br, label);
  }

  /** Branches if the i32 on the stack is not zero. */
  brIf(label: Label, ..._operands: Emitted[]): Emitted {
    this.#branch(control.brIf, label);
  }

  /** Branches to `labels[index]` for the i32 index on the stack, to `otherwise` if it is out of range. */
  brTable(labels: readonly Label[], otherwise: Label, ..._operands: Emitted[]): Emitted {
    const distances = [...labels, otherwise].map((label) => this.#distance(label));
    this.#code.byte(control.brTable);
    this.#code.u32(labels.length);
    for (const distance of distances) this.#code.u32(distance);
  }

  call(target: FunctionRef, ..._operands: Emitted[]): Emitted {
    this.#code.byte(control.call);
    this.#code.u32(target.index);
  }

  return(..._operands: Emitted[]): Emitted {
    this.#code.byte(control.return);
  }

  drop(..._operands: Emitted[]): Emitted {
    this.#code.byte(control.drop);
  }

  /** `select(a, b, condition)` is a if the condition is not zero, else b; both were computed. */
  select(..._operands: Emitted[]): Emitted {
    this.#code.byte(control.select);
  }

  nop(): Emitted {
    this.#code.byte(control.nop);
  }

  /** Traps. */
  unreachable(): Emitted {
    this.#code.byte(control.unreachable);
  }

  /** The function's entry in the code section: runs of locals, instructions, `end`. */
  finish(): ByteBuffer {
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    const body = new ByteBuffer(this.#code.length + 16 + 8 * runs.length);
    body.u32(runs.length);
    for (const { type, count } of runs) {
      body.u32(count);
      body.byte(valueTypeCodes[type]);
    }
    body.append(this.#code);
    body.byte(control.end);
    return body;
  }

  #structure(opcode: number, args: readonly (Emitted | ValueType | Body)[]): void {
    const result = args.find((arg) => typeof arg === "string");
    const [body, otherwise] = args.filter((arg) => typeof arg === "function");
    const label: Label = { depth: this.#labels.length };
    this.#code.byte(opcode);
    this.#code.byte(result === undefined ? noResult : valueTypeCodes[result]);
    this.#labels.push(label);
    body!(label);
    if (otherwise) {
      this.#code.byte(control.else);
      otherwise(label);
    }
    this.#labels.pop();
    this.#code.byte(control.end);
  }

  #branch(opcode: number, label: Label): void {
    const distance = this.#distance(label);
    this.#code.byte(opcode);
    this.#code.u32(distance);
  }

  /** How many blocks lie between here and the label's block. */
  #distance(label: Label): number {
    if (this.#labels[label.depth] !== label) throw new ArgumentError("branch to a label outside its block");
    return this.#labels.length - 1 - label.depth;
  }
}
