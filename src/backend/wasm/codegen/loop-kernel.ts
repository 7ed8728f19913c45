import type { Buffer, Expr } from "../../../compiler/expr.ts";
import { walk } from "../../../compiler/expr.ts";
import { type LoopVariable, product, slope } from "../../../compiler/index-expr.ts";
import { allIndices, dropUnitLoops, type LoopNest, mergeLoops } from "../../../compiler/merge-loops.ts";
import { splitLoops } from "../../../compiler/split-loops.ts";
import { bytesPerElement } from "../../../core/dtype.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import { Block } from "./block.ts";
import type { MatrixHelpers } from "./matrix-helpers.ts";
import { pushNumber } from "./places.ts";
import { ReadAhead } from "./read-ahead.ts";
import { emitReduction } from "./reductions.ts";
import { tilingFor, turnedToReads } from "./tiling.ts";
import { type KernelEnvironment, Values } from "./values.ts";

/** Below this many steps a kernel is done by one thread. */
export const parallelFrom = 4096;
/** Threads' shares of a flat loop begin at multiples of this, so that they do not write to the same cache line. */
const shareGranule = 16;

/**
 * Emits "for all loops: output[index] = expr" into a function with parameters (thread, threads, table).
 *
 * @param turn which thread does the kernel if it is too small to share.
 */
export function emitLoopKernel(
  f: FunctionBuilder,
  environment: KernelEnvironment,
  output: Buffer,
  nest: LoopNest,
  turn: number,
): void {
  const merged = turnedToReads(mergeLoops(splitLoops(dropUnitLoops(nest))));
  const { loops, index, expr } = merged;
  const values: Values = new Values(f, environment, (reduction) => emitReduction(values, reduction));
  if (emitBlocks(values, environment.matrix, output, merged, turn)) return;
  values.prepare(expr);
  values.places.prepareAt(output, index);
  const lanes = chooseLanes(loops, index, expr);
  values.leftOver = lanes !== undefined;

  /** The innermost loop from `low` to `high`: four at a time, then one at a time. */
  const innermost = (loop: LoopVariable, low: Local | number, high: Local | number): void => {
    if (lanes !== loop) {
      values.places.loop(loop, low, high, 1, () => values.write(output, index, expr));
      return;
    }
    const whole = upTo(f, low, high, 4);
    values.places.loop(loop, low, whole, 4, () => values.write(output, index, expr, loop));
    values.places.loop(loop, whole, high, 1, () => values.write(output, index, expr));
  };

  const work = product(loops) * stepsOf(expr);
  const shared = work >= parallelFrom ? sharedLoop(loops, lanes) : undefined;

  emitNest(values, loops, shared, turn, {
    enter: () => values.hoist(expr),
    granule: (loop) => (loop === lanes ? shareGranule : 1),
    innermost: loops.length > 0 ? innermost : undefined,
    body: () => values.write(output, index, expr),
  });
}

/** Emits a nest block by block, if it can be cut into blocks; see {@link tilingFor}. */
function emitBlocks(
  values: Values,
  matrix: MatrixHelpers,
  output: Buffer,
  nest: LoopNest,
  turn: number,
): boolean {
  const { f, places } = values;
  const { expr, loops } = nest;
  const tiling = chooseLanes(loops, nest.index, expr) && tilingFor(nest, values.vectorsPerRegister);
  if (!tiling) return false;
  const { outer, regions, lanes, vectors } = tiling;
  const step = 4 * vectors;
  const rest = lanes.extent % step;
  const some = rest % 4;
  const readsOn =
    bytesPerElement(output.dtype) === 4 &&
    [nest.index, ...allIndices(expr)].every((at) => [0, 1].includes(slope(at, lanes) ?? -1)) &&
    slope(nest.index, lanes) === 1;
  const planned = regions.map(({ loop, rows }) => ({
    loop,
    whole: new Block(values, output, nest, rows, lanes, vectors),
    single: vectors > 1 && rest >= 4 ? new Block(values, output, nest, rows, lanes, 1) : undefined,
    // The last few elements as part of a vector, where what lies behind them can be read, too.
    part: some > 0 && readsOn ? new Block(values, output, nest, rows, lanes, 1, some) : undefined,
    element: some > 0 && !readsOn ? new Block(values, output, nest, rows, undefined, 1) : undefined,
  }));
  values.prepare(expr);
  const ahead = new ReadAhead(f, places, matrix, outer, expr);

  const longest = regions.map(({ loop }) => loop).find((loop) => loop !== undefined);
  const work = product(loops) * stepsOf(expr);
  const shared =
    work >= parallelFrom ? sharedLoop([...outer, ...(longest ? [longest] : []), lanes], lanes) : undefined;
  const granule = (loop: LoopVariable): number => (loop === lanes ? Math.max(shareGranule, step) : 1);

  const along = ({ whole, single, part, element }: (typeof planned)[number]): void => {
    values.hoist(expr);
    overShare(f, lanes, shared, granule, (low, high) => {
      let from = low;
      for (const [block, size] of [
        [whole, step],
        [single, 4],
        [part, 1],
        [element, 1],
      ] as const) {
        if (!block) continue;
        const end = upTo(f, from, high, size);
        places.loop(lanes, from, end, block === part ? 4 : size, () => block.emit());
        from = end;
      }
    });
  };
  emitNest(values, outer, shared, turn, {
    enter: () => values.hoist(expr),
    step: (loop) => ahead.at(loop),
    granule,
    body: () => {
      for (const region of planned) {
        const { loop } = region;
        if (loop)
          overShare(f, loop, shared, granule, (low, high) =>
            places.loop(loop, low, high, 1, () => along(region)),
          );
        else if (shared === longest && shared)
          onlyThread(f, turn, () => values.scope.within(() => along(region)));
        else values.scope.within(() => along(region));
      }
    },
  });
  return true;
}

/** Runs `body` with the bounds of a loop, or of this thread's part if it is the one that is shared. */
function overShare(
  f: FunctionBuilder,
  loop: LoopVariable,
  shared: LoopVariable | undefined,
  granule: (loop: LoopVariable) => number,
  body: (low: Local | number, high: Local | number) => void,
): void {
  if (loop !== shared) {
    body(0, loop.extent);
    return;
  }
  const [low, high] = [f.local("i32"), f.local("i32")];
  emitShare(f, loop.extent, granule(loop), low, high);
  body(low, high);
  f.free(low, high);
}

/** low + the largest multiple of `size`, a power of two, up to high − low. */
export function upTo(
  f: FunctionBuilder,
  low: Local | number,
  high: Local | number,
  size: number,
): Local | number {
  if (size === 1) return high;
  if (typeof low === "number" && typeof high === "number")
    return low + Math.floor((high - low) / size) * size;
  const end = f.local("i32");
  pushNumber(f, low);
  f.i32.sub(pushNumber(f, high), pushNumber(f, low));
  f.i32.and(undefined, f.i32.const(-size));
  f.i32.add();
  f.set(end);
  return end;
}

interface NestOptions {
  /** Emitted before each loop. */
  readonly enter?: () => void;
  /** Emitted at the beginning of each step of a loop. */
  readonly step?: (loop: LoopVariable) => void;
  /** Threads' shares of the shared loop begin at multiples of this. */
  readonly granule?: (loop: LoopVariable) => number;
  /** Emits the last loop itself. */
  readonly innermost?: ((loop: LoopVariable, low: Local | number, high: Local | number) => void) | undefined;
  readonly body: () => void;
}

/** Emits nested loops, of which one (`shared`) is split among the threads; without it thread `turn` does them all. */
export function emitNest(
  values: Values,
  loops: readonly LoopVariable[],
  shared: LoopVariable | undefined,
  turn: number,
  { enter, step, granule = () => 1, innermost, body }: NestOptions,
): void {
  const { f } = values;
  const from = (level: number): void => {
    enter?.();
    const loop = loops[level];
    if (!loop) {
      body();
      return;
    }
    let low: Local | number = 0;
    let high: Local | number = loop.extent;
    if (loop === shared) {
      low = f.local("i32");
      high = f.local("i32");
      emitShare(f, loop.extent, granule(loop), low, high);
    }
    if (innermost && level === loops.length - 1) innermost(loop, low, high);
    else
      values.places.loop(loop, low, high, 1, () => {
        step?.(loop);
        from(level + 1);
      });
  };
  if (shared) from(0);
  else onlyThread(f, turn, () => from(0));
}

/** Runs `body` in one thread: number `turn`, counted round. */
export function onlyThread(f: FunctionBuilder, turn: number, body: () => void): void {
  f.i32.eq(f.get(f.param(0)), f.i32.remU(f.i32.const(turn), f.get(f.param(1))));
  f.if(body);
}

/** low, high = this thread's part of 0 … extent − 1. */
export function emitShare(
  f: FunctionBuilder,
  extent: number,
  granule: number,
  low: Local,
  high: Local,
): void {
  const units = Math.ceil(extent / granule);
  const bound = (): void => {
    // units · thread / threads in 64 bits, as the product can be large
    f.i64.extendI32U();
    f.i64.mul(undefined, f.i64.const(units));
    f.i64.divU(undefined, f.i64.extendI32U(f.get(f.param(1))));
    f.i32.wrapI64();
    if (granule > 1) f.i32.mul(undefined, f.i32.const(granule));
  };
  f.get(f.param(0));
  bound();
  f.set(low);
  f.i32.add(f.get(f.param(0)), f.i32.const(1));
  bound();
  f.set(high);
  if (granule > 1) {
    f.set(high, f.select(f.get(high), f.i32.const(extent), f.i32.ltS(f.get(high), f.i32.const(extent))));
  }
}

/** The loop that is split among threads: the outermost with enough steps, else the longest. */
export function sharedLoop(loops: readonly LoopVariable[], lanes?: LoopVariable): LoopVariable | undefined {
  const parts = (loop: LoopVariable): number =>
    loop === lanes ? Math.ceil(loop.extent / shareGranule) : loop.extent;
  return loops.find((loop) => parts(loop) >= 8) ?? loops.toSorted((a, b) => parts(b) - parts(a))[0];
}

/** The innermost loop, if four of its steps can usefully be done at once. */
function chooseLanes(
  loops: readonly LoopVariable[],
  index: LoopNest["index"],
  expr: Expr,
): LoopVariable | undefined {
  const inner = loops.at(-1);
  const stride = inner && slope(index, inner);
  if (!inner || inner.extent < 4 || stride === undefined || stride === 0) return undefined;
  let smooth = 0;
  let rough = 0;
  for (const used of allIndices(expr)) {
    const step = slope(used, inner);
    if (step === undefined) rough++;
    else if (step !== 0) smooth++;
  }
  if (rough > smooth) return undefined;
  return prefersReduction(expr, inner) ? undefined : inner;
}

/** Whether a long reduction reads side by side along its own last loop, but not along `inner`. */
function prefersReduction(expr: Expr, inner: LoopVariable): boolean {
  let prefers = false;
  walk(expr, (part) => {
    if (part.kind !== "reduce") return;
    const last = part.over.at(-1);
    if (!last || last.extent < 8) return;
    const indices = allIndices(part.body);
    const along = (loop: LoopVariable): boolean =>
      indices.every((index) => [0, 1].includes(slope(index, loop) ?? Number.NaN));
    if (along(last) && !along(inner)) prefers = true;
  });
  return prefers;
}

/** How many times the innermost body of an expression runs for one element. */
function stepsOf(expr: Expr): number {
  let steps = 1;
  walk(expr, (part) => {
    if (part.kind === "reduce" || part.kind === "argreduce") {
      steps = Math.max(steps, product(part.over));
    }
  });
  return steps;
}
