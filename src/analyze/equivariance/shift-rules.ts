import { sizeOf } from "../../core/shape.ts";
import type { PoolAttrs } from "../../ops/pool-geometry.ts";
import { elementwiseOps, type OpUse, type Rule } from "../interpret-graph.ts";
import { concatAlong } from "./shift-concat.ts";
import { reshapeAlong } from "./shift-reshape.ts";
import {
  type Along,
  type Grade,
  type Grid,
  leastCommonMultiple,
  type Mask,
  mixed,
  type Pooled,
  restride,
  worse,
} from "./shift-state.ts";
import { elementsMask, paddedMask, periodOf, windowsMask } from "./shift-windows.ts";
import { isUniform } from "./uniform.ts";

/** The direction along which the input is shifted. */
export interface Direction {
  /** Pixels of the input along it. */
  readonly extent: number;
  /** Whether what leaves at one end comes in at the other. */
  readonly circular: boolean;
}

type Use = OpUse<Along>;

/** What each op does to a shift along one direction. */
export function shiftRules(direction: Direction): Readonly<Record<string, Rule<Along>>> {
  const poolAway = (grid: Grid, grade: Grade): Pooled => pooledFrom(grid, grade, direction);
  /** A rule for an op with one operand that is shifted along an axis; mixed and pooled ones stay what they are. */
  const onGrid =
    (rule: (grid: Grid, use: Use) => Along): Rule<Along> =>
    (use) => {
      const [first, ...others] = use.states;
      if (others.some((state) => state !== undefined)) {
        return first?.kind === "mixed" ? first : mixed(`${use.op} takes its weights from the image`);
      }
      return first!.kind === "grid" ? rule(first as Grid, use) : first!;
    };
  const combined: Rule<Along> = (use) => combine(use);
  const pooling = (grade: Grade): Rule<Along> =>
    onGrid((grid, { attrs, output }) => {
      const settings = attrs as PoolAttrs;
      const axis = grid.axis - (output.rank - settings.kernel.length);
      if (axis < 0) return grid;
      const size = output.shape[grid.axis]!;
      const whole = settings.kernel[axis] === grid.clean[0].length && settings.padding[axis]![0] === 0;
      if (size === 1 && whole && settings.dilation[axis] === 1) return poolAway(grid, grade);
      return slide(grid, settings, axis, grid.axis, size);
    });
  const reduction = (grade: Grade): Rule<Along> =>
    onGrid((grid, { attrs }) => (attrs.axes.includes(grid.axis) ? poolAway(grid, grade) : remade(grid)));
  const position: Rule<Along> = onGrid((grid, { op, attrs }) =>
    attrs.axes.includes(grid.axis) ? mixed(`${op} gives positions themselves`) : remade(grid),
  );

  return {
    ...Object.fromEntries(elementwiseOps.map((op) => [op, combined])),
    barrier: (use) => use.states[0] ?? use.states[1]!,
    conv: onGrid((grid, { attrs, inputs, output }) => {
      if (grid.axis < 2) return mixed("conv adds up over the axis");
      const settings = { ...attrs, kernel: inputs[1]!.shape.slice(2) };
      return slide(grid, settings, grid.axis - 2, grid.axis, output.shape[grid.axis]!);
    }),
    convInputGrad: onGrid((grid, { attrs, inputs, output }) => {
      if (grid.axis < 2) return mixed("a transposed convolution adds up over the axis");
      const axis = grid.axis - 2;
      const settings = { ...attrs, kernel: inputs[1]!.shape.slice(2) };
      return restride(grid, 1 / attrs.stride[axis], grid.axis, (clean) =>
        elementsMask(clean, settings, axis, output.shape[grid.axis]!),
      );
    }),
    window: onGrid((grid, { attrs, inputs, output }) => {
      const axis = grid.axis - (inputs[0]!.rank - attrs.kernel.length);
      return axis < 0 ? remade(grid) : slide(grid, attrs, axis, grid.axis, output.shape[grid.axis]!);
    }),
    maxPool: pooling("bits"),
    avgPool: pooling("rounding"),
    sum: reduction("rounding"),
    max: reduction("bits"),
    min: reduction("bits"),
    argmax: position,
    argmin: position,
    linear: onGrid((grid, { inputs }) =>
      grid.axis === inputs[0]!.rank - 1 ? mixed("linear adds up over positions") : remade(grid),
    ),
    matmul: (use) => {
      const rank = use.output.rank;
      const summed = use.states.some(
        (state, i) => state?.kind === "grid" && state.axis === rank - (i === 0 ? 1 : 2),
      );
      return summed ? mixed("matmul adds up over positions") : combine(use, rank - 2);
    },
    groupNorm: onGrid((grid) =>
      grid.axis < 2
        ? mixed("groupNorm adds up over the axis")
        : { ...remade(grid), grade: poolAway(grid, "rounding").grade },
    ),
    permute: onGrid((grid, { attrs }) => ({ ...remade(grid), axis: attrs.order.indexOf(grid.axis) })),
    expand: onGrid((grid, { inputs, output }) => {
      const axis = grid.axis + output.rank - inputs[0]!.rank;
      const stretched = output.shape[axis] !== inputs[0]!.shape[grid.axis];
      return stretched ? poolAway(grid, "bits") : { ...remade(grid), axis };
    }),
    reshape: onGrid((grid, { inputs, output }) =>
      inputs[0]!.shape[grid.axis] === 1 && sizeOf(output.shape) > 0
        ? (reshapeAlong(grid, inputs[0]!.shape, output.shape, true) ?? poolAway(grid, "bits"))
        : reshapeAlong(grid, inputs[0]!.shape, output.shape)!,
    ),
    slice: onGrid((grid, { attrs, output }) => {
      const [start, step] = [attrs.start[grid.axis], attrs.step[grid.axis]] as [number, number];
      const take = (clean: Mask): Mask =>
        Uint8Array.from({ length: output.shape[grid.axis]! }, (_, p) => clean[start + p * step]!);
      if (step !== 1) return restride(grid, step, grid.axis, take);
      const others = attrs.start.every(
        (at: number, axis: number) => axis === grid.axis || (at === 0 && attrs.step[axis] === 1),
      );
      const clean = [take(grid.clean[0]), take(grid.clean[1])] as const;
      return { ...grid, clean, ...(others ? { base: grid.base + start } : { origin: {}, base: 0 }) };
    }),
    pad: onGrid((grid, { attrs, output }) => {
      const [low, interior] = [attrs.low[grid.axis], attrs.interior[grid.axis]] as [number, number];
      return restride(grid, 1 / (interior + 1), grid.axis, (clean) =>
        paddedMask(clean, low, interior, output.shape[grid.axis]!),
      );
    }),
    concat: (use) =>
      use.states.some((state) => state?.kind === "grid" && state.axis === use.attrs.axis)
        ? concatAlong(use, direction)
        : combine(use),
    resample: onGrid((grid, { attrs }) => {
      if (attrs.axis !== grid.axis) return remade(grid);
      const band = periodOf(attrs.extent, attrs.start, attrs.weights);
      if (!band) return mixed("windows of different sizes lie over the axis");
      const { period, advance, regular } = band;
      const along = restride(grid, advance / period, grid.axis, (clean) =>
        regular.map((is, o) =>
          is && (attrs.weights[o] as number[]).every((w, k) => w === 0 || clean[attrs.start[o] + k]) ? 1 : 0,
        ),
      );
      if (along.kind !== "grid") return along;
      return { ...along, lattice: leastCommonMultiple(along.lattice, Math.abs(grid.step) * advance) };
    }),
    gather: (use) => {
      const [x] = use.states;
      if (x?.kind === "grid" && x.axis === use.attrs.axis) return mixed("gather takes positions from a list");
      return combine(use);
    },
  };
}

/** What is left of an op without a rule. */
export const shiftOtherwise: Rule<Along> = (use) => {
  const grid = use.states.find((state) => state?.kind !== "pooled");
  if (grid?.kind === "mixed") return grid;
  return grid ? mixed(`nothing is known of ${use.op}`) : use.states.find((state) => state !== undefined)!;
};

/** The same places, but another function of them. */
function remade(grid: Grid): Grid {
  return { ...grid, origin: {}, base: 0 };
}

function slide(
  grid: Grid,
  settings: Omit<PoolAttrs, "ceilMode">,
  axis: number,
  outAxis: number,
  size: number,
): Along {
  return restride(grid, settings.stride[axis]!, outAxis, (clean) => windowsMask(clean, settings, axis, size));
}

/** The value is the same for every shift if all positions count, all are clean, and the grid closes on itself. */
function pooledFrom(grid: Grid, grade: Grade, { circular, extent }: Direction): Pooled {
  const closed = circular && Math.abs(grid.step) * grid.clean[0].length === extent;
  const whole = closed && grid.clean.every((mask) => mask.every((is) => is === 1));
  return { kind: "pooled", lattice: grid.lattice, grade: whole ? worse(grid.grade, grade) : "spread" };
}

/**
 * Operands that meet position by position.
 *
 * @param aligned how many leading axes of the operands are those of the result; default all.
 */
function combine(use: Use, aligned: number = use.output.rank): Along {
  const known = use.states.filter((state) => state !== undefined);
  const bad = known.find((state) => state.kind === "mixed");
  if (bad) return bad;
  const kept = known as (Grid | Pooled)[];
  const lattice = kept.map((state) => state.lattice).reduce(leastCommonMultiple);
  const grade = kept.map((state) => state.grade).reduce(worse);
  const grids = kept.filter((state) => state.kind === "grid");
  const [first] = grids;
  if (!first) return { kind: "pooled", lattice, grade };
  const { axis, step } = first;
  if (grids.some((grid) => grid.axis !== axis || grid.step !== step)) {
    return mixed(`${use.op} joins maps whose positions do not belong together`);
  }
  const varying = use.states.some(
    (state, i) => state === undefined && axis < aligned && !isUniform(use.inputs[i]!, axis),
  );
  if (varying) return mixed(`${use.op} brings in numbers that depend on the position`);
  const both = (which: 0 | 1): Mask =>
    first.clean[which].map((_, p) => (grids.every((grid) => grid.clean[which][p]) ? 1 : 0));
  return { kind: "grid", axis, step, lattice, clean: [both(0), both(1)], origin: {}, base: 0, grade };
}
