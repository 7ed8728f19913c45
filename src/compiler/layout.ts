import type { Shape } from "../core/shape.ts";
import { positionsWith } from "../ops/interleave.ts";
import type { PackAttrs } from "../ops/pack.ts";
import type { Condition } from "./expr.ts";
import {
  type Index,
  type LoopVariable,
  loopVariable,
  plus,
  quotient,
  remainder,
  times,
  variable,
} from "./index-expr.ts";

/** Where the elements of a tensor lie in its buffer. */
export interface Layout {
  /** Axes from the outermost to the innermost. */
  readonly order: readonly number[];
  /** Zeros that lie before and after each axis's elements, so that padding needs no copy. */
  readonly margins: readonly (readonly [low: number, high: number])[];
  /** See `PackAttrs`. */
  readonly panel: PackAttrs["panel"];
  readonly winograd: PackAttrs["winograd"];
}

export function rowMajor(rank: number): Layout {
  return {
    order: Array.from({ length: rank }, (_, axis) => axis),
    margins: new Array<readonly [number, number]>(rank).fill([0, 0]),
    panel: null,
    winograd: 0,
  };
}

/** Batch, positions, channels. */
export function channelsLast(rank: number): Layout {
  return { ...rowMajor(rank), order: [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1] };
}

/** Whether the elements lie as in {@link rowMajor}: axes of one element may stand anywhere. */
export function isRowMajor({ order, margins, panel }: Layout, shape: Shape): boolean {
  const long = order.filter((axis) => shape[axis] !== 1);
  return (
    !panel &&
    margins.every(([low, high]) => low === 0 && high === 0) &&
    long.every((axis, i) => i === 0 || long[i - 1]! < axis)
  );
}

/** How many places an axis has in memory, at its place in the order. */
function extentOf({ margins, panel }: Layout, shape: Shape, axis: number): number {
  const [low, high] = margins[axis]!;
  if (panel?.axis === axis) return panel.groups * Math.ceil(shape[axis]! / panel.groups / panel.width);
  return low + shape[axis]! + high;
}

/** Elements from slice to slice of transformed filters, which begin in different sets of the caches. */
export function winogradSliceLength(filters: number, channels: number, width: number): number {
  return Math.ceil(filters / width) * channels * width + 48;
}

/** Number of elements in the buffer, margins and filling counted. */
export function lengthOf(layout: Layout, shape: Shape): number {
  if (layout.winograd > 0) {
    const [filters, channels] = shape as [number, number];
    const { width } = layout.panel!;
    return (layout.winograd + 2) ** 2 * winogradSliceLength(filters, channels, width);
  }
  const places = layout.order.reduce((size, axis) => size * extentOf(layout, shape, axis), 1);
  return places * (layout.panel?.width ?? 1);
}

/** The place of the element at given coordinates; coordinates may reach into the margins. */
export function placeOf(layout: Layout, shape: Shape, at: readonly Index[]): Index {
  const { panel } = layout;
  let stride = panel?.width ?? 1;
  const parts: Index[] = [];
  for (const axis of layout.order.toReversed()) {
    let coordinate = plus(at[axis]!, layout.margins[axis]![0]);
    if (panel?.axis === axis) {
      const part = shape[axis]! / panel.groups;
      const within = remainder(coordinate, part);
      parts.push(remainder(within, panel.width));
      const perPart = Math.ceil(part / panel.width);
      coordinate = plus(times(quotient(coordinate, part), perPart), quotient(within, panel.width));
    }
    parts.push(times(coordinate, stride));
    stride *= extentOf(layout, shape, axis);
  }
  return plus(...parts);
}

/** A set of places, as loops, with the coordinates of the element there. */
export interface Region {
  readonly loops: readonly LoopVariable[];
  readonly at: readonly Index[];
  /** What must hold for there to be an element. */
  readonly inside: readonly Condition[];
}

/** Positions residue, residue + step, … of an axis. */
export interface Lattice {
  readonly residue: number;
  readonly step: number;
}

/**
 * All elements, or those on a lattice, in the order of memory.
 *
 * @param groups equal parts that the axis `grouped` is counted by, with a loop for the part and one within it.
 */
export function elementsOf(
  layout: Layout,
  shape: Shape,
  grouped: number,
  groups: number,
  lattice?: readonly Lattice[],
): Region {
  const loops: LoopVariable[] = [];
  const at: Index[] = shape.map(() => plus(0));
  const inside: Condition[] = [];
  const loop = (extent: number): Index => {
    const made = loopVariable(extent);
    loops.push(made);
    return variable(made);
  };
  const { panel } = layout;
  for (const axis of layout.order) {
    if (panel?.axis === axis) {
      const part = shape[axis]! / panel.groups;
      const group = times(loop(panel.groups), part);
      at[axis] = plus(group, times(loop(Math.ceil(part / panel.width)), panel.width));
    } else if (axis === grouped && groups > 1) {
      const size = shape[axis]! / groups;
      at[axis] = plus(times(loop(groups), size), loop(size));
    } else if (lattice) {
      const { residue, step } = lattice[axis]!;
      at[axis] = plus(times(loop(positionsWith(residue, step, shape[axis]!)), step), residue);
    } else at[axis] = loop(shape[axis]!);
  }
  if (panel) {
    const lane = loop(panel.width);
    const part = shape[panel.axis]! / panel.groups;
    const first = at[panel.axis]!;
    at[panel.axis] = plus(first, lane);
    const panelLoop = loops[layout.order.indexOf(panel.axis) + 1]!;
    inside.push({
      kind: "inside",
      index: plus(times(variable(panelLoop), panel.width), lane),
      extent: part,
    });
  }
  return { loops, at, inside };
}

/** The margins as regions that do not overlap; coordinates lie outside the tensor. */
export function marginsOf(layout: Layout, shape: Shape): Region[] {
  const regions: Region[] = [];
  const { order, margins } = layout;
  order.forEach((axis, depth) => {
    const [low, high] = margins[axis]!;
    for (const [first, count] of [
      [-low, low],
      [shape[axis]!, high],
    ] as const) {
      if (count === 0) continue;
      // Axes outside this one have been dealt with where they lie in their margins themselves.
      const loops: LoopVariable[] = [];
      const at: Index[] = shape.map(() => plus(0));
      order.forEach((other, position) => {
        const all = position > depth;
        const [start, extent] =
          position === depth
            ? [first, count]
            : all
              ? [-margins[other]![0], extentOf(layout, shape, other)]
              : [0, shape[other]!];
        const loop = loopVariable(extent);
        loops.push(loop);
        at[other] = plus(variable(loop), start);
      });
      regions.push({ loops, at, inside: [] });
    }
  });
  return regions;
}
