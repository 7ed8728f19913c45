import { type Condition, type Expr, walk } from "../../../compiler/expr.ts";
import {
  constant,
  dependsOn,
  flatten,
  type Index,
  type LoopVariable,
  plus,
  product,
  substitute,
  variable,
} from "../../../compiler/index-expr.ts";
import { combinations, exprAt, guardsOf, type Substitution } from "../../../compiler/unroll.ts";
import type { Local } from "../assembler.ts";
import { combine, combineInto, setInitial } from "./reductions.ts";
import type { Values } from "./values.ts";

export type Reduction = Extract<Expr, { kind: "reduce" | "argreduce" }>;

/** Up to this many steps of all reductions together are written out one after the other. */
const unrollLimit = 64;
/** Longer loops are not written out whole, but so many steps at a time. */
const longest = 16;
const partial = 4;
/** Instructions that have to be under way at a time so that none waits for another's result. */
const busySums = 8;

/** What one reduction does at one step. */
interface Task {
  readonly to: Accumulator;
  readonly part: number;
  readonly value: Expr;
  /** The step's number in the order of the reduction. */
  readonly step: Index;
  /** Tasks that read neighbouring places are done one after the other. */
  readonly place: number;
}

interface GuardedTask extends Task {
  readonly conditions: readonly Condition[];
}

/** Tasks that are done where the same conditions hold. */
interface Group {
  readonly conditions: readonly Condition[];
  readonly tasks: readonly Task[];
}

interface Accumulator {
  readonly reduction: Reduction;
  /** Parts that steps take turns at adding to; the first one has the result in the end. */
  readonly parts: readonly Local[];
  /** The first place that it reads of those that are others in other rows. */
  readonly differing: Index | undefined;
  /** The best step, if that is asked for. */
  readonly where: Local | undefined;
}

/**
 * Reductions over the same loops that are done together, so that they share what they read and do not wait for each
 * other. Inner loops are written out, as far as there is room.
 */
export class Lockstep {
  readonly #values: Values;
  readonly #accumulators: readonly Accumulator[];
  readonly #loops: readonly LoopVariable[];
  /** Of the innermost loop, how many steps are done at a time. */
  readonly #stride: number;
  readonly #main: readonly Group[];
  readonly #rest: readonly Group[];

  /**
   * @param rows one reduction for each vector of each row of elements; they differ in their positions only.
   * @param lanes see {@link Values}.
   * @param width how many of them are done by one instruction.
   */
  constructor(
    values: Values,
    rows: readonly (readonly Reduction[])[],
    lanes: LoopVariable | undefined,
    width: number,
  ) {
    const { f } = values;
    this.#values = values;
    const reductions = rows.flat();
    const differing = differingLoad(rows);
    const distinct = new Map(reductions.map((reduction) => [reduction.key, reduction]));
    // Blocks at the end of a map have fewer sums, which would be cut into more parts than those of others.
    const parts = values.inOrder
      ? 1
      : Math.max(1, Math.min(partial, Math.floor((busySums * width) / distinct.size)));
    this.#accumulators = [...distinct.values()].map((reduction) => ({
      reduction,
      differing: differing === undefined ? undefined : loadsOf(reduction.body)[differing],
      parts: Array.from({ length: reduction.kind === "reduce" ? parts : 1 }, () => f.local("v128")),
      where: reduction.kind === "argreduce" ? f.local("v128") : undefined,
    }));
    const { over } = reductions[0]!;
    const room = Math.floor((unrollLimit * width) / distinct.size);
    const steps = (whole: number): number => product(over.slice(over.length - whole));
    const fits = (whole: number, limit: number): boolean =>
      whole <= over.length && over.at(-whole)!.extent <= longest && steps(whole) <= limit;
    let whole = 0;
    while (fits(whole + 1, room)) whole++;
    const written = (count: number): GuardedTask[] =>
      this.#tasksAt(combinations(over.slice(over.length - count), constant), lanes);
    let tasks: GuardedTask[] | undefined;
    if (fits(whole + 1, 2 * room) && guardsOf(reductions[0]!).length > 0) {
      // Of more steps, some may be left out at all elements.
      const more = written(whole + 1);
      if (more.length <= room * distinct.size) [tasks, whole] = [more, whole + 1];
    }
    this.#loops = over.slice(0, over.length - whole);
    const last = this.#loops.at(-1);
    this.#stride = last && whole === 0 ? Math.max(1, Math.min(partial, room, last.extent)) : 1;
    if (last && this.#stride > 1) {
      const some = (count: number, at: (k: number) => Index): Substitution[] =>
        Array.from({ length: count }, (_, k) => new Map([[last, at(k)]]));
      const rest = last.extent % this.#stride;
      tasks = this.#tasksAt(
        some(this.#stride, (k) => plus(variable(last), k)),
        lanes,
      );
      this.#rest = this.#grouped(
        this.#tasksAt(
          some(rest, (k) => constant(last.extent - rest + k)),
          lanes,
        ),
      );
    } else this.#rest = [];
    this.#main = this.#grouped(tasks ?? written(whole));
  }

  #tasksAt(steps: readonly Substitution[], lanes: LoopVariable | undefined): GuardedTask[] {
    const tasks: GuardedTask[] = [];
    for (const [n, at] of steps.entries()) {
      for (const to of this.#accumulators) {
        const { over, body } = to.reduction;
        const numbers = over.map((loop) => at.get(loop) ?? variable(loop));
        const extents = over.map((loop) => loop.extent);
        const part = unguarded(exprAt(body, at), to.reduction, lanes);
        if (isNeutral(part.value, to.reduction)) continue;
        const place = to.differing ? substitute(to.differing, at).constant : 0;
        tasks.push({ to, part: n % to.parts.length, ...part, step: flatten(numbers, extents), place });
      }
    }
    return tasks;
  }

  /**
   * Tasks in the order of what they read, so that each thing is read once and used at once; those that look for the
   * first best element stay in their own order.
   */
  #grouped(tasks: readonly GuardedTask[]): Group[] {
    const inOrder = this.#values.inOrder || tasks.some(({ to }) => to.reduction.kind === "argreduce");
    const groups: { key: string; conditions: readonly Condition[]; tasks: Task[] }[] = [];
    for (const task of inOrder ? tasks : tasks.toSorted((a, b) => a.place - b.place)) {
      const key = task.conditions.map(({ kind, index }) => `${kind}${index.key}`).join("&");
      const open = inOrder ? groups.slice(-1) : groups;
      let group = open.find((each) => each.key === key);
      if (!group) groups.push((group = { key, conditions: task.conditions, tasks: [] }));
      group.tasks.push(task);
      this.#values.prepareShared(task.value);
    }
    return groups;
  }

  emit(): void {
    const values = this.#values;
    const { f } = values;
    for (const { reduction, parts, where } of this.#accumulators) {
      for (const part of parts) setInitial(values, part, reduction);
      if (where) f.set(where, f.i32x4.const(0));
    }
    values.scope.within(() => this.#from(0));
    for (const { reduction, parts, where } of this.#accumulators) {
      const [result, ...others] = parts as [Local, ...Local[]];
      for (const part of others) {
        f.get(part);
        if (reduction.kind === "reduce") combine(values, reduction, result);
      }
      values.define(reduction, where ?? result);
    }
  }

  #from(level: number): void {
    const values = this.#values;
    const loop = this.#loops[level];
    if (!loop) {
      this.#emitGroups(this.#main);
      return;
    }
    for (const group of [...this.#main, ...this.#rest])
      for (const { value } of group.tasks) values.hoist(value);
    if (level < this.#loops.length - 1 || this.#stride === 1) {
      values.places.loop(loop, 0, loop.extent, 1, () => this.#from(level + 1));
      return;
    }
    const whole = loop.extent - (loop.extent % this.#stride);
    values.places.loop(loop, 0, whole, this.#stride, () => this.#emitGroups(this.#main));
    values.scope.within(() => this.#emitGroups(this.#rest));
  }

  #emitGroups(groups: readonly Group[]): void {
    const values = this.#values;
    for (const { conditions, tasks } of groups) {
      const all = (): void => {
        for (const task of tasks) this.#do(task);
      };
      if (conditions.length === 0) all();
      else {
        values.test(conditions);
        values.f.if(() => values.scope.within(all));
      }
    }
  }

  #do({ to, part, value, step }: Task): void {
    const values = this.#values;
    if (to.reduction.kind === "reduce") combineInto(values, to.reduction, to.parts[part]!, value);
    else this.#keepBetter(to, value, step);
  }

  /** Keeps the best value and its number; the first of equal ones, and NaN before all. */
  #keepBetter({ reduction, parts, where }: Accumulator, value: Expr, step: Index): void {
    const best = parts[0]!;
    const { f } = this.#values;
    const [candidate, better] = [f.local("v128"), f.local("v128")];
    this.#values.emit(value);
    f.set(candidate);
    f.get(candidate);
    f.get(best);
    const isMax = reduction.kind === "argreduce" && reduction.best === "max";
    if (value.dtype === "float32") {
      f.f32x4[isMax ? "gt" : "lt"]();
      f.v128.andnot(f.f32x4.ne(f.get(candidate), f.get(candidate)), f.f32x4.ne(f.get(best), f.get(best)));
      f.v128.or();
    } else f.i32x4[isMax ? "gtS" : "ltS"]();
    f.set(better);
    f.set(best, f.v128.bitselect(f.get(candidate), f.get(best), f.get(better)));
    this.#values.places.push(step);
    f.i32x4.splat();
    f.set(where!, f.v128.bitselect(undefined, f.get(where!), f.get(better)));
    f.free(candidate, better);
  }
}

function loadsOf(expr: Expr): Index[] {
  const places: Index[] = [];
  walk(expr, (part) => {
    if (part.kind === "load") places.push(part.index);
  });
  return places;
}

function differingLoad([first, second]: readonly (readonly Reduction[])[]): number | undefined {
  if (!first || !second) return undefined;
  const [a, b] = [loadsOf(first[0]!.body), loadsOf(second[0]!.body)];
  const found = a.findIndex((place, i) => place.constant !== b[i]?.constant);
  return found < 0 ? undefined : found;
}

/** Whether a value makes no difference to a reduction. */
function isNeutral(value: Expr, reduction: Reduction): boolean {
  return value.kind === "constant" && value.value === neutralOf(reduction);
}

function neutralOf({ body, ...reduction }: Reduction): number | undefined {
  const combine = reduction.kind === "reduce" ? reduction.combine : reduction.best;
  if (combine === "sum") return 0;
  if (body.dtype !== "float32") return undefined;
  return combine === "max" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** A reduction's body as a value, and the conditions without which it makes no difference. */
function unguarded(
  body: Expr,
  reduction: Reduction,
  lanes: LoopVariable | undefined,
): { readonly value: Expr; readonly conditions: readonly Condition[] } {
  if (body.kind !== "guard" || body.otherwise !== neutralOf(reduction))
    return { value: body, conditions: [] };
  if (lanes && body.conditions.some(({ index }) => dependsOn(index, lanes)))
    return { value: body, conditions: [] };
  const { value, conditions } = unguarded(body.value, reduction, lanes);
  return { value, conditions: [...body.conditions, ...conditions] };
}
