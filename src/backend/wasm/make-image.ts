import { expandGraph } from "../../compiler/expand-graph.ts";
import { type Buffer, type Expr, type Load, walk } from "../../compiler/expr.ts";
import { fuse } from "../../compiler/fuse.ts";
import { product } from "../../compiler/index-expr.ts";
import { type Kernel, nestsOf } from "../../compiler/kernel.ts";
import { planKept, planMemory } from "../../compiler/memory-plan.ts";
import { type Schedule, schedule } from "../../compiler/schedule.ts";
import { bytesPerElement } from "../../core/dtype.ts";
import type { Graph, GraphOutput } from "../../core/graph.ts";
import type { Stopwatch } from "../../core/profile.ts";
import { type TileShape, tileShapeFor } from "./codegen/tiles.ts";
import { convolutionForm } from "./convolution-costs.ts";
import { emitProgram, type KernelCode, type ProgramPlan } from "./emit-program.ts";
import { Memory } from "./memory.ts";
import { programName, tooLarge } from "./program.ts";
import type { KernelLayout, OutputLayout, ProgramImage } from "./program-image.ts";

/** Everything beside the graph that decides what an image becomes; plain data, as it is part of keys of caches. */
export interface Target {
  /** Whether memory is shared between threads. */
  readonly shared: boolean;
  /** Whether multiply-adds are fused. */
  readonly fused: boolean;
  /** The shapes of tile that suit the engine. */
  readonly tiles: readonly TileShape[];
  /** See `WasmOptions.precision`. */
  readonly exact: boolean;
  /** See `WasmOptions.winograd`. */
  readonly winograd: 0 | 2 | 4 | undefined;
}

/**
 * Compiles a graph into one module.
 *
 * @param watch takes the time of each phase.
 * @throws MemoryError if the program needs more than 4 GiB.
 */
export function makeImage(graph: Graph, target: Target, watch: Stopwatch): ProgramImage {
  const { shared, fused, tiles, exact } = target;
  const expanded = expandGraph(graph, {
    panelWidth: (columns) => tileShapeFor(columns, tiles).columns,
    exact,
    convolutionForm: (size) => convolutionForm(size, tiles, target.winograd),
  });
  watch.lap("expand");
  const kernels = fuse(expanded);
  const { inputs, constants } = kernels;
  watch.lap("fuse");
  const order = schedule(kernels, expanded.outputs);
  watch.lap("schedule");
  const slots = new Map<number, number>();
  for (const { id } of inputs) slots.set(id, slots.size);
  expanded.outputs.forEach(({ resident }, i) => {
    const { id } = order.outputs[i]!;
    if (resident && !slots.has(id)) slots.set(id, slots.size);
  });
  const hostOutputs = order.outputs.filter(({ id }) => !slots.has(id));
  const plan = planProgram(order, hostOutputs, [
    ...slots.keys(),
    ...constants.map(({ buffer }) => buffer.id),
  ]);
  watch.lap("plan");
  const count = [order.prepare, order.phases].flat(2).length;
  Memory.refuseBeyondLimit(plan.arena.bytes + plan.kept.bytes, programName(count), tooLarge);
  const emitted = emitProgram(order, plan, { shared, fused, inOrder: exact, tiles, slots, constants });
  watch.lap("emit");
  const later = new Set(order.phases.flat().flatMap(({ reads }) => reads));
  return {
    code: emitted.bytes,
    constants: emitted.constants,
    layout: {
      arenaBytes: plan.arena.bytes,
      keptBytes: plan.kept.bytes,
      scratchBytes: emitted.scratchBytes,
      slots: slots.size,
      readLater: inputs.map((buffer) => later.has(buffer)),
      outputs: order.outputs.map((buffer, i) => outputLayout(buffer, expanded.outputs[i]!, slots, plan)),
      kernels: kernelLayouts(order, emitted.codes),
      aheadReads: order.prepare.flat().map(({ reads }) =>
        reads.flatMap((buffer) => {
          const input = inputs.indexOf(buffer);
          return input < 0 ? [] : [input];
        }),
      ),
    },
  };
}

/** Places for the arena, and for what was computed ahead and is read in every run. */
function planProgram(
  { prepare, phases }: Schedule,
  hostOutputs: readonly Buffer[],
  elsewhere: readonly number[],
): ProgramPlan {
  const ahead = new Set(prepare.flat().map(({ output }) => output));
  const read = new Set(phases.flat().flatMap(({ reads }) => reads));
  const kept = planKept([...ahead].filter((buffer) => read.has(buffer)));
  const outside = new Set([...elsewhere, ...kept.offsets.keys()]);
  const [first, then] = [planMemory(prepare, [], outside), planMemory(phases, hostOutputs, outside)];
  return {
    kept,
    arena: {
      offsets: new Map([...first.offsets, ...then.offsets]),
      bytes: Math.max(first.bytes, then.bytes),
    },
  };
}

function outputLayout(
  { id, dtype, length }: Buffer,
  { resident, replaces }: GraphOutput,
  slots: ReadonlyMap<number, number>,
  { arena }: ProgramPlan,
): OutputLayout {
  if (!resident) return { dtype, length, place: { kind: "arena", offset: arena.offsets.get(id)! } };
  const slot = slots.get(id)!;
  return { dtype, length, place: { kind: "resident", slot, ...(replaces !== undefined && { replaces }) } };
}

function kernelLayouts({ prepare, phases }: Schedule, codes: readonly KernelCode[]): KernelLayout[] {
  const ahead = prepare.flat();
  return [...ahead, ...phases.flat()].map((kernel, i) => ({
    name: kernel.name,
    ...codes[i]!,
    ahead: i < ahead.length,
    shape: kernel.node.shape,
    macs: macsOf(kernel),
    bytes: [kernel.output, ...kernel.reads]
      .map((buffer) => buffer.length * bytesPerElement(buffer.dtype))
      .reduce((a, b) => a + b),
  }));
}

/** Products that sums add up, those of two buffers' elements: of convolutions in any form, and of matrices. */
function macsOf({ body }: Kernel): number {
  return nestsOf(body).reduce((macs, { loops, expr }) => {
    walk(expr, (part) => {
      if (part.kind === "reduce" && part.combine === "sum" && isProductOfTwo(part.body))
        macs += product(loops) * product(part.over);
    });
    return macs;
  }, 0);
}

function isProductOfTwo(expr: Expr): boolean {
  if (expr.kind === "guard") return isProductOfTwo(expr.value);
  if (expr.kind !== "binary" || expr.fn !== "mul") return false;
  const [a, b] = [expr.a, expr.b].map((operand) => loadIn(operand)?.buffer);
  return a !== undefined && b !== undefined && a !== b;
}

/** The load that an expression is, behind conditions. */
function loadIn(expr: Expr): Load | undefined {
  if (expr.kind === "guard") return loadIn(expr.value);
  return expr.kind === "load" ? expr : undefined;
}
