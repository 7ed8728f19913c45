import { type Buffer, type Expr, type Load, walk } from "../../../compiler/expr.ts";
import { isAffine, type LoopVariable, product, slope } from "../../../compiler/index-expr.ts";
import { dropUnitLoops, type LoopNest, mergeLoops } from "../../../compiler/merge-loops.ts";
import type { FunctionBuilder } from "../assembler.ts";
import { emitNest, parallelFrom, sharedLoop } from "./loop-kernel.ts";
import { emitReduction } from "./reductions.ts";
import { type KernelEnvironment, Values } from "./values.ts";

/** What a copy into another order moves: elements of one buffer, each times a factor that is the same along a loop. */
interface Copy {
  readonly source: Load;
  readonly factor: Expr | undefined;
  /** The loop along which a shared function copies. */
  readonly along: LoopVariable;
}

/** Fewest elements of a run that are worth a call. */
const leastRun = 8;

/**
 * Emits a map nest that copies float32 elements into another order, run by run, by a function that all copies of a module
 * share: weights are laid out once, and the engine optimizes no code that runs once. Says whether the nest is of that kind.
 */
export function emitStridedCopy(
  f: FunctionBuilder,
  environment: KernelEnvironment,
  output: Buffer,
  original: LoopNest,
  turn: number,
): boolean {
  const nest = mergeLoops(dropUnitLoops(original));
  const copy = copyOf(nest);
  if (!copy) return false;
  const { source, factor, along } = copy;
  const { index, expr } = nest;
  const loops = nest.loops.filter((loop) => loop !== along);
  const values: Values = new Values(f, environment, (reduction) => emitReduction(values, reduction));
  values.prepare(expr);
  values.places.prepareAt(output, index);
  const { places } = values;
  const distances = [index, source.index].map((place) => 4 * slope(place, along)!);
  const outside = expr.kind === "guard" ? expr : undefined;
  const work = product(nest.loops);
  const push = (buffer: Buffer, place: Load["index"]): void => {
    const offset = places.address(buffer, place);
    f.i32.add(undefined, f.i32.const(offset));
  };
  emitNest(values, loops, work >= parallelFrom ? sharedLoop(loops) : undefined, turn, {
    body: () =>
      places.withConstant(along, 0, () => {
        const run = (zero: boolean): void => {
          push(output, index);
          if (zero) f.i32.const(0);
          else push(source.buffer, source.index);
          f.i32.const(along.extent);
          f.i32.const(distances[0]!);
          if (zero) f.call(environment.matrix.clearRun());
          else {
            f.i32.const(distances[1]!);
            if (factor) {
              values.emit(factor);
              f.f32x4.extractLane(0);
            } else f.f32.const(1);
            f.call(environment.matrix.copyRun());
          }
        };
        if (!outside) run(false);
        else {
          values.test(outside.conditions);
          f.if(
            () => values.scope.within(() => run(false)),
            () => run(true),
          );
        }
      }),
  });
  return true;
}

/** Sees load, load · factor, or one of them within bounds and 0 outside, as a copy. */
function copyOf({ loops, index, expr }: LoopNest): Copy | undefined {
  const value = expr.kind === "guard" && expr.otherwise === 0 ? expr.value : expr;
  if (value.dtype !== "float32" || loops.length < 2) return undefined;
  const candidates = value.kind === "binary" && value.fn === "mul" ? [value.a, value.b] : [value];
  const along = loops.slice(0, -1).reduce((a, b) => (b.extent > a.extent ? b : a));
  const source = candidates.find((part): part is Load => part.kind === "load" && part.loops.has(along));
  const factor = candidates.find((part) => part !== source);
  // Where elements lie side by side on both sides, vectors are better.
  const step = source && slope(source.index, loops.at(-1)!);
  if (step === 0 || step === 1) return undefined;
  if (!source || along.extent < leastRun || !isAffine(index) || !isAffine(source.index)) return undefined;
  if (factor?.loops.has(along) || (factor && !isSimple(factor))) return undefined;
  if (expr.kind === "guard" && expr.conditions.some((condition) => slope(condition.index, along) !== 0))
    return undefined;
  return { source, factor, along };
}

function isSimple(factor: Expr): boolean {
  let simple = true;
  walk(factor, (part) => {
    if (part.kind === "reduce" || part.kind === "argreduce" || part.kind === "guard") simple = false;
  });
  return simple;
}
