import type { Buffer, Expr } from "../../../compiler/expr.ts";
import {
  type Atom,
  type Index,
  type LoopVariable,
  rangeOf,
  stepsAlong,
} from "../../../compiler/index-expr.ts";
import { bytesPerElement } from "../../../core/dtype.ts";
import type { Emitted, FunctionBuilder, Local } from "../assembler.ts";
import { firstAddress } from "../control-block.ts";
import type { Scope } from "./scope.ts";

/** Where a buffer begins: a local that holds an address, and a number of bytes after it. */
export interface BaseAddress {
  readonly local: Local;
  readonly offset: number;
}

/** What a loop variable is at a point of the code: a local plus a number, or just a number. */
export interface LoopValue {
  readonly local: Local | undefined;
  readonly plus: number;
}

/** The address of a group of loads that differ by constants, as far as its loops are running. */
interface Cursor {
  readonly terms: ReadonlyMap<LoopVariable, number>;
  local: Local;
  offset: number;
}

/** Turns positions into addresses and numbers; addresses move along with the loops instead of being multiplied out. */
export class Places {
  readonly #f: FunctionBuilder;
  readonly #scope: Scope;
  readonly #baseOf: (buffer: Buffer) => BaseAddress;
  readonly #cursors = new Map<string, Cursor>();
  readonly #values = new Map<LoopVariable, LoopValue>();
  /** Emits the value of an index tensor's element as an i32 that is inside its extent. */
  readonly #readDynamic: (value: Expr, extent: number) => void;

  constructor(
    f: FunctionBuilder,
    scope: Scope,
    baseOf: (buffer: Buffer) => BaseAddress,
    readDynamic: (value: Expr, extent: number) => void,
  ) {
    this.#f = f;
    this.#scope = scope;
    this.#baseOf = baseOf;
    this.#readDynamic = readDynamic;
  }

  /** Prepares a cursor for a place that is read or written. */
  prepareAt(buffer: Buffer, index: Index): void {
    const key = cursorKey(buffer, index);
    if (this.#cursors.has(key)) return;
    const bytes = bytesPerElement(buffer.dtype);
    const terms = new Map<LoopVariable, number>();
    for (const { atom, factor } of index.terms) if (atom.kind === "loop") terms.set(atom, factor * bytes);
    this.#cursors.set(key, { terms, ...this.#baseOf(buffer) });
  }

  valueOf(loop: LoopVariable): LoopValue | undefined {
    return this.#values.get(loop);
  }

  get bound(): ReadonlySet<LoopVariable> {
    return new Set(this.#values.keys());
  }

  /** Runs `body` with a loop variable that is a known number. */
  withConstant(loop: LoopVariable, value: number, body: () => void): void {
    const saved = this.#advance(loop, (cursor, factor) => {
      cursor.offset += factor * value;
    });
    this.#values.set(loop, { local: undefined, plus: value });
    this.#scope.within(body);
    this.#values.delete(loop);
    saved();
  }

  /** Runs `body` with a loop variable whose value is in a local. */
  withValue(loop: LoopVariable, value: Local, body: () => void): void {
    const f = this.#f;
    const moved: Local[] = [];
    const saved = this.#advance(loop, (cursor, factor) => {
      const local = f.local("i32");
      f.set(local, f.i32.add(f.get(cursor.local), f.i32.mul(f.get(value), f.i32.const(factor))));
      cursor.local = local;
      moved.push(local);
    });
    this.#values.set(loop, { local: value, plus: 0 });
    this.#scope.within(body);
    this.#values.delete(loop);
    saved();
    f.free(...moved);
  }

  /**
   * Runs `body` at one step of a run of loops taken together; `number` holds which. Where a place moves in a way of its
   * own from step to step, a table says how far.
   *
   * @param named loops whose own values are asked for, beside the places.
   */
  withStep(
    run: readonly LoopVariable[],
    number: Local,
    named: ReadonlySet<LoopVariable>,
    table: (values: Int32Array) => BaseAddress,
    body: () => void,
  ): void {
    const f = this.#f;
    const locals: Local[] = [];
    const entry = (values: readonly number[]): void => {
      const { local, offset } = table(Int32Array.from(values));
      f.i32.add(f.get(local), f.i32.shl(f.get(number), f.i32.const(2)));
      f.i32.load({ offset });
    };
    const touched: { cursor: Cursor; local: Local }[] = [];
    for (const cursor of this.#cursors.values()) {
      if (!run.some((loop) => cursor.terms.has(loop))) continue;
      const local = f.local("i32");
      entry(stepsAlong(run, (loop) => cursor.terms.get(loop) ?? 0));
      f.set(local, f.i32.add(undefined, f.get(cursor.local)));
      touched.push({ cursor, local: cursor.local });
      cursor.local = local;
      locals.push(local);
    }
    for (const loop of run) {
      if (!named.has(loop)) continue;
      const local = f.local("i32");
      entry(stepsAlong(run, (other) => (other === loop ? 1 : 0)));
      f.set(local);
      this.#values.set(loop, { local, plus: 0 });
      locals.push(local);
    }
    for (const loop of run) if (!named.has(loop)) this.#values.set(loop, { local: undefined, plus: 0 });
    this.#scope.within(body);
    for (const loop of run) this.#values.delete(loop);
    for (const { cursor, local } of touched) cursor.local = local;
    f.free(...locals);
  }

  /** Emits a loop from the value on `start` to `end` by `step`; skipped when it is empty. */
  loop(loop: LoopVariable, start: Local | number, end: Local | number, step: number, body: () => void): void {
    const f = this.#f;
    if (typeof start === "number" && typeof end === "number" && start >= end) return;
    const counter = f.local("i32");
    pushNumber(f, start);
    f.set(counter);
    const moved: { local: Local; factor: number }[] = [];
    const saved = this.#advance(loop, (cursor, factor) => {
      const local = f.local("i32");
      f.get(cursor.local);
      if (typeof start === "number") {
        if (start !== 0) f.i32.add(f.i32.const(start * factor));
      } else f.i32.add(f.i32.mul(f.get(start), f.i32.const(factor)));
      f.set(local);
      cursor.local = local;
      moved.push({ local, factor });
    });
    this.#values.set(loop, { local: counter, plus: 0 });
    const run = (): void => {
      f.loop((again) => {
        this.#scope.within(body);
        for (const { local, factor } of moved)
          f.set(local, f.i32.add(f.get(local), f.i32.const(factor * step)));
        f.tee(counter, f.i32.add(f.get(counter), f.i32.const(step)));
        pushNumber(f, end);
        f.i32.ltS();
        f.brIf(again);
      });
    };
    const certain = typeof start === "number" && typeof end === "number";
    if (certain) run();
    else {
      f.get(counter);
      pushNumber(f, end);
      f.i32.ltS();
      f.if(run);
    }
    this.#values.delete(loop);
    saved();
    f.free(counter, ...moved.map(({ local }) => local));
  }

  /** Runs `body` for the position `lane` after the current one of a running loop. */
  atLane(loop: LoopVariable, lane: number, body: () => void): void {
    const value = this.#values.get(loop)!;
    const saved = this.#advance(loop, (cursor, factor) => {
      cursor.offset += factor * lane;
    });
    this.#values.set(loop, { ...value, plus: value.plus + lane });
    this.#scope.apart(body);
    this.#values.set(loop, value);
    saved();
  }

  #advance(loop: LoopVariable, move: (cursor: Cursor, factor: number) => void): () => void {
    const touched: { cursor: Cursor; local: Local; offset: number }[] = [];
    for (const cursor of this.#cursors.values()) {
      const factor = cursor.terms.get(loop);
      if (factor === undefined) continue;
      touched.push({ cursor, local: cursor.local, offset: cursor.offset });
      move(cursor, factor);
    }
    return () => {
      for (const { cursor, local, offset } of touched) Object.assign(cursor, { local, offset });
    };
  }

  /** Pushes the address of `index` (+ `extra` bytes) and returns the offset that the access must add. */
  address(buffer: Buffer, index: Index, extra = 0): number {
    const f = this.#f;
    const bytes = bytesPerElement(buffer.dtype);
    const cursor = this.#cursors.get(cursorKey(buffer, index))!;
    f.get(cursor.local);
    for (const { atom, factor } of index.terms) {
      if (atom.kind === "loop") continue;
      this.#pushAtom(atom);
      f.i32.mul(undefined, f.i32.const(factor * bytes));
      f.i32.add();
    }
    const offset = cursor.offset + index.constant * bytes + extra;
    // An access adds its offset without wrapping round, so what it is added to must not be negative.
    const [lowest] = rangeOf({ ...index, constant: 0 });
    if (offset >= 0 && -lowest * bytes <= firstAddress) return offset;
    f.i32.add(undefined, f.i32.const(offset));
    return 0;
  }

  /** Pushes the value of an index as an i32. */
  push(index: Index): void {
    const f = this.#f;
    let offset = index.constant;
    let first = true;
    const next = (): void => {
      if (!first) f.i32.add();
      first = false;
    };
    for (const { atom, factor } of index.terms) {
      if (atom.kind === "loop") {
        const value = this.#values.get(atom)!;
        offset += value.plus * factor;
        if (!value.local) continue;
        f.get(value.local);
      } else this.#pushAtom(atom);
      if (factor !== 1) f.i32.mul(undefined, f.i32.const(factor));
      next();
    }
    if (first) f.i32.const(offset);
    else if (offset !== 0) f.i32.add(undefined, f.i32.const(offset));
  }

  #pushAtom(atom: Exclude<Atom, LoopVariable>): void {
    const f = this.#f;
    const known = this.#scope.find(atom.key);
    if (known) {
      f.get(known);
      return;
    }
    if (atom.kind === "dynamic") this.#readDynamic(atom.value, atom.extent);
    else {
      // Numerators may be negative: shifted up by whole turns, unsigned division rounds down as it must.
      const turns = Math.max(0, Math.ceil(-rangeOf(atom.of)[0] / atom.by));
      this.push(atom.of);
      if (turns > 0) f.i32.add(undefined, f.i32.const(turns * atom.by));
      if (atom.kind === "remainder") f.i32.remU(undefined, f.i32.const(atom.by));
      else {
        f.i32.divU(undefined, f.i32.const(atom.by));
        if (turns > 0) f.i32.sub(undefined, f.i32.const(turns));
      }
    }
    const local = f.local("i32");
    f.tee(local);
    this.#scope.add(atom.key, local);
  }
}

function cursorKey(buffer: Buffer, index: Index): string {
  const terms = index.terms.filter((term) => term.atom.kind === "loop");
  return `${buffer.id}:${terms.map(({ atom, factor }) => `${factor}*${atom.key}`).join("+")}`;
}

export function pushNumber(f: FunctionBuilder, value: Local | number): Emitted {
  return typeof value === "number" ? f.i32.const(value) : f.get(value);
}
