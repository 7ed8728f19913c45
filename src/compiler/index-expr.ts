import type { Expr } from "./expr.ts";

/**
 * Whole-number expressions of loop variables: the positions that kernels read and write.
 *
 * An index is a sum of atoms with integer factors plus a constant. Atoms are loop variables, quotients and remainders
 * of other indices, and values read from an index tensor. Ranges are known, so most quotients of reshapes vanish.
 */
export interface Index {
  readonly terms: readonly Term[];
  readonly constant: number;
  /** Text that is equal exactly for equal indices. */
  readonly key: string;
}

export interface Term {
  readonly atom: Atom;
  readonly factor: number;
}

export type Atom = LoopVariable | Quotient | Remainder | Dynamic;

/** Runs over 0 … extent − 1. */
export interface LoopVariable {
  readonly kind: "loop";
  readonly id: number;
  readonly extent: number;
  readonly key: string;
}

/** floor(of / by). */
export interface Quotient {
  readonly kind: "quotient";
  readonly of: Index;
  readonly by: number;
  readonly key: string;
}

/** of − by · floor(of / by). */
export interface Remainder {
  readonly kind: "remainder";
  readonly of: Index;
  readonly by: number;
  readonly key: string;
}

/** A number read at run time, which must lie in [0, extent). */
export interface Dynamic {
  readonly kind: "dynamic";
  readonly value: Expr;
  readonly extent: number;
  readonly key: string;
}

/** How many steps loops have together. */
export function product(loops: readonly LoopVariable[]): number {
  return loops.reduce((steps, loop) => steps * loop.extent, 1);
}

/** For each step of a run of loops, outermost first, the sum of its loops' values times their factors. */
export function stepsAlong(run: readonly LoopVariable[], factor: (loop: LoopVariable) => number): number[] {
  let sums = [0];
  for (const loop of run) {
    const by = factor(loop);
    sums = sums.flatMap((sum) => Array.from({ length: loop.extent }, (_, i) => sum + i * by));
  }
  return sums;
}

let nextLoop = 0;

export function loopVariable(extent: number): LoopVariable {
  const id = nextLoop++;
  return { kind: "loop", id, extent, key: `i${id}` };
}

export function constant(value: number): Index {
  return { terms: [], constant: value, key: String(value) };
}

export function variable(atom: Atom): Index {
  return make([{ atom, factor: 1 }], 0);
}

export function dynamic(value: Expr, extent: number): Index {
  return variable({ kind: "dynamic", value, extent, key: `d(${value.key},${extent})` });
}

export function plus(...indices: readonly (Index | number)[]): Index {
  const terms: Term[] = [];
  let offset = 0;
  for (const index of indices) {
    if (typeof index === "number") offset += index;
    else {
      terms.push(...index.terms);
      offset += index.constant;
    }
  }
  return normalize(terms, offset);
}

export function times(index: Index, factor: number): Index {
  if (factor === 1) return index;
  return make(
    factor === 0 ? [] : index.terms.map((term) => ({ atom: term.atom, factor: term.factor * factor })),
    index.constant * factor,
  );
}

/** floor(index / by). */
export function quotient(index: Index, by: number): Index {
  if (by === 1) return index;
  const { whole, rest } = split(index, by);
  const [low, high] = rangeOf(rest);
  if (Math.floor(low / by) === Math.floor(high / by)) return plus(whole, Math.floor(low / by));
  const coarse = inUnits(rest, by);
  if (coarse) return plus(whole, quotient(coarse.units, by / coarse.unit));
  return plus(whole, variable(quotientAtom(rest, by)));
}

/** index = unit · units + rest with 0 ≤ rest < unit and a unit > 1 that divides `by`, if there is one. */
function inUnits(index: Index, by: number): { unit: number; units: Index; rest: Index } | undefined {
  for (const { factor: unit } of index.terms) {
    if (unit <= 1 || by % unit !== 0) continue;
    const { whole: units, rest } = split(index, unit);
    const [low, high] = rangeOf(rest);
    if (low >= 0 && high < unit) return { unit, units, rest };
  }
  return undefined;
}

/** The remainder of {@link quotient}, in [0, by). */
export function remainder(index: Index, by: number): Index {
  if (by === 1) return constant(0);
  const { rest } = split(index, by);
  const [low, high] = rangeOf(rest);
  const turns = Math.floor(low / by);
  if (turns === Math.floor(high / by)) return plus(rest, -turns * by);
  const coarse = inUnits(rest, by);
  if (coarse) return plus(times(remainder(coarse.units, by / coarse.unit), coarse.unit), coarse.rest);
  return variable({ kind: "remainder", of: rest, by, key: `(${rest.key}%${by})` });
}

/** index = by · whole + rest, with as much as possible in `whole`. */
function split(index: Index, by: number): { whole: Index; rest: Index } {
  const divisible = index.terms.filter((term) => term.factor % by === 0);
  const others = index.terms.filter((term) => term.factor % by !== 0);
  const turns = Math.floor(index.constant / by);
  return {
    whole: make(
      divisible.map((term) => ({ atom: term.atom, factor: term.factor / by })),
      turns,
    ),
    rest: make(others, index.constant - turns * by),
  };
}

function quotientAtom(of: Index, by: number): Quotient {
  // floor(floor(e / a) / b) = floor(e / (a b))
  const only = of.terms.length === 1 && of.constant === 0 ? of.terms[0]! : undefined;
  if (only?.factor === 1 && only.atom.kind === "quotient")
    return quotientAtom(only.atom.of, only.atom.by * by);
  return { kind: "quotient", of, by, key: `(${of.key}/${by})` };
}

/** Smallest and largest value. */
export function rangeOf(index: Index): readonly [number, number] {
  let low = index.constant;
  let high = index.constant;
  for (const { atom, factor } of index.terms) {
    const [a, b] = atomRange(atom);
    low += Math.min(a * factor, b * factor);
    high += Math.max(a * factor, b * factor);
  }
  return [low, high];
}

function atomRange(atom: Atom): readonly [number, number] {
  if (atom.kind === "loop" || atom.kind === "dynamic") return [0, Math.max(0, atom.extent - 1)];
  if (atom.kind === "remainder") return [0, atom.by - 1];
  const [low, high] = rangeOf(atom.of);
  return [Math.floor(low / atom.by), Math.floor(high / atom.by)];
}

function normalize(terms: readonly Term[], offset: number): Index {
  const factors = new Map<string, Term>();
  for (const { atom, factor } of terms) {
    const sum = (factors.get(atom.key)?.factor ?? 0) + factor;
    if (sum === 0) factors.delete(atom.key);
    else factors.set(atom.key, { atom, factor: sum });
  }
  // by · floor(e / by) + e mod by = e
  for (const { atom, factor } of factors.values()) {
    if (atom.kind !== "remainder") continue;
    const partner = factors.get(quotientAtom(atom.of, atom.by).key);
    if (partner?.factor !== factor * atom.by) continue;
    const others = [...factors.values()].filter((term) => term.atom !== atom && term !== partner);
    const whole = times(atom.of, factor);
    return normalize([...others, ...whole.terms], offset + whole.constant);
  }
  return make([...factors.values()], offset);
}

function make(terms: readonly Term[], offset: number): Index {
  const sorted = [...terms].sort((a, b) => (a.atom.key < b.atom.key ? -1 : 1));
  const key = [...sorted.map(({ atom, factor }) => `${factor}*${atom.key}`), offset].join("+");
  return { terms: sorted, constant: offset + 0, key }; // + 0, so that −0 becomes 0
}

/** The factor of a loop variable where the index is linear in it, or `undefined` where it is hidden in other atoms. */
export function slope(index: Index, loop: LoopVariable): number | undefined {
  let factor = 0;
  for (const term of index.terms) {
    if (term.atom === loop) factor = term.factor;
    else if (atomDependsOn(term.atom, loop)) return undefined;
  }
  return factor;
}

export function dependsOn(index: Index, loop: LoopVariable): boolean {
  return index.terms.some((term) => atomDependsOn(term.atom, loop));
}

function atomDependsOn(atom: Atom, loop: LoopVariable): boolean {
  if (atom.kind === "loop") return atom === loop;
  if (atom.kind === "dynamic") return atom.value.loops.has(loop);
  return dependsOn(atom.of, loop);
}

/** All loop variables that an index depends on. */
export function loopsOf(index: Index, into: Set<LoopVariable> = new Set()): Set<LoopVariable> {
  for (const { atom } of index.terms) {
    if (atom.kind === "loop") into.add(atom);
    else if (atom.kind === "dynamic") for (const loop of atom.value.loops) into.add(loop);
    else loopsOf(atom.of, into);
  }
  return into;
}

/** Whether the index is a sum of loop variables only. */
export function isAffine(index: Index): boolean {
  return index.terms.every((term) => term.atom.kind === "loop");
}

/** Whether the index is read from memory, in whole or in part. */
export function isDynamic(index: Index): boolean {
  return index.terms.some(({ atom }) => {
    if (atom.kind === "loop") return false;
    return atom.kind === "dynamic" || isDynamic(atom.of);
  });
}

/** The row-major position of coordinates in a shape. */
export function flatten(coordinates: readonly Index[], shape: readonly number[]): Index {
  let stride = 1;
  const parts: Index[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    parts.push(times(coordinates[axis]!, stride));
    stride *= shape[axis]!;
  }
  return plus(...parts);
}

/** The coordinates of a row-major position. */
export function unflatten(position: Index, shape: readonly number[]): Index[] {
  const coordinates: Index[] = [];
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const upper = quotient(position, stride);
    coordinates.unshift(axis === 0 ? upper : remainder(upper, shape[axis]!));
    stride *= shape[axis]!;
  }
  return coordinates;
}

function isTouched(atom: Atom, by: ReadonlyMap<LoopVariable, Index>): boolean {
  if (atom.kind === "loop") return by.has(atom);
  if (atom.kind === "dynamic") return [...by.keys()].some((loop) => atom.value.loops.has(loop));
  return atom.of.terms.some((term) => isTouched(term.atom, by));
}

/** The same index with loop variables replaced. */
export function substitute(index: Index, by: ReadonlyMap<LoopVariable, Index>): Index {
  if (!index.terms.some(({ atom }) => isTouched(atom, by))) return index;
  const parts = index.terms.map(({ atom, factor }) => {
    if (atom.kind === "loop") return times(by.get(atom) ?? variable(atom), factor);
    if (atom.kind === "quotient") return times(quotient(substitute(atom.of, by), atom.by), factor);
    if (atom.kind === "remainder") return times(remainder(substitute(atom.of, by), atom.by), factor);
    if ([...by.keys()].some((loop) => atom.value.loops.has(loop))) {
      throw new Error("a position read from a tensor cannot be moved to other loops");
    }
    return times(variable(atom), factor);
  });
  return plus(...parts, index.constant);
}
