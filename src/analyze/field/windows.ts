import type { Sides } from "../../ops/spatial.ts";
import { gcd, reindexed, seenBy } from "./index-map.ts";
import { type Runs, unionOf } from "./runs.ts";
import {
  blind,
  extentOf,
  inOnePart,
  isBlind,
  leads,
  mapWays,
  mixed,
  type Part,
  type View,
  withAxes,
} from "./view.ts";

/** How a window lies over one axis. */
export interface AxisWindow {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Sides;
  readonly dilation: number;
}

/** The settings of axis `a` of operations that have them in lists. */
export function windowOf(
  kernel: readonly number[],
  attrs: {
    readonly stride: readonly number[];
    readonly padding: readonly Sides[];
    readonly dilation: readonly number[];
  },
  a: number,
): AxisWindow {
  return {
    kernel: kernel[a]!,
    stride: attrs.stride[a]!,
    padding: attrs.padding[a]!,
    dilation: attrs.dilation[a]!,
  };
}

/** An axis of windows in place of one of elements, and the view's further axis of taps: n = s·o + d·k − low. */
export function windowed(view: View, axis: number, size: number, window: AxisWindow): [View, taps: Part] {
  const { kernel, stride, padding, dilation } = window;
  const single = inOnePart(view, axis);
  const [{ weight }] = single.axes[axis] as readonly [Part];
  if (weight === 0) return [{ ...single, axes: single.axes.with(axis, blind(size)) }, blind(kernel)[0]!];
  const ways = mapWays(single.ways, (map) =>
    reindexed(map, { step: 1, by: 1 }, (n) => seenBy(map, n - weight * padding[0])),
  );
  const axes = single.axes.with(axis, [{ extent: size, weight: weight * stride }]);
  return [
    { ...single, axes, ways },
    { extent: kernel, weight: weight * dilation },
  ];
}

/**
 * The adjoint of {@link windowed}: element j is made of those windows o and taps k for which s·o + d·k − low = j.
 *
 * @param taps the axis that the taps lie along, or undefined where each of them sees the same.
 */
export function folded(
  view: View,
  axis: number,
  extent: number,
  { kernel, stride, padding, dilation }: AxisWindow,
  taps?: Part,
): View {
  const single = inOnePart(view, axis);
  const [{ weight }] = single.axes[axis] as readonly [Part];
  if (isBlind(single.axes[axis]!)) return { ...single, axes: single.axes.with(axis, blind(extent)) };
  if (!leads(single, axis))
    return mixed(
      single,
      single.axes.map((parts, a) => (a === axis ? extent : extentOf(parts))),
    );
  const seen = (map: Parameters<typeof seenBy>[0], j: number): Runs => {
    const found: Runs[] = [];
    for (let k = 0; k < kernel; k++) {
      const place = j + padding[0] - k * dilation;
      if (place % stride !== 0) continue;
      found.push(seenBy(map, (weight * place) / stride + (taps?.weight ?? 0) * k));
    }
    return unionOf(found);
  };
  const ways = mapWays(single.ways, (map) =>
    reindexed(map, { step: stride, by: weight }, (j) => seen(map, j)),
  );
  return withAxes(single, single.axes.with(axis, [{ extent, weight: 1 }]), ways);
}

/** Elements `start`, `start + step`, … of an axis. */
export function sliced(view: View, axis: number, start: number, count: number, step: number): View {
  const parts = view.axes[axis]!;
  if (start === 0 && step === 1 && extentOf(parts) === count) return view;
  const single = inOnePart(view, axis);
  const [{ weight }] = single.axes[axis] as readonly [Part];
  if (weight === 0) return { ...single, axes: single.axes.with(axis, blind(count)) };
  const ways = mapWays(single.ways, (map) =>
    reindexed(map, { step: 1, by: 1 }, (n) => seenBy(map, n + weight * start)),
  );
  return { ...single, axes: single.axes.with(axis, [{ extent: count, weight: weight * step }]), ways };
}

/** An axis with constants in front and, if `interior` is not 0, between its elements. */
export function padded(view: View, axis: number, extent: number, low: number, interior: number): View {
  if (interior > 0) {
    const stride = interior + 1;
    return folded(view, axis, extent, { kernel: 1, stride, padding: [-low, 0], dilation: 1 });
  }
  return sliced(view, axis, -low, extent, 1);
}

/** An axis whose element o is made of the elements `rows[o]` of the given one. */
export function remade(view: View, axis: number, rows: readonly (readonly number[])[]): View {
  const single = inOnePart(view, axis);
  const [{ extent, weight }] = single.axes[axis] as readonly [Part];
  const shape = single.axes.map((parts, a) => (a === axis ? rows.length : extentOf(parts)));
  if (weight === 0) return { ...single, axes: single.axes.with(axis, blind(rows.length)) };
  if (!leads(single, axis)) return mixed(single, shape);
  const { period, advance, first } = rhythmOf(rows, extent);
  const ways = mapWays(single.ways, (map) =>
    reindexed(map, { step: period, by: weight * advance }, (o) => {
      const round = Math.floor((o - first) / period);
      const row = rows[o - round * period]!;
      return unionOf(row.map((at) => seenBy(map, weight * (at + round * advance))));
    }),
  );
  return { ...single, axes: single.axes.with(axis, [{ extent: rows.length, weight: 1 }]), ways };
}

/**
 * The period with which rows repeat further on, apart from those at the ends, which are cut.
 *
 * Resizing moves by extent / size from one row to the next, or, where the outermost elements stay in their places, by
 * (extent − 1) / (size − 1). Rows that do neither, or are too few to tell, are taken as one period.
 *
 * @returns the period, how much further on, and the first of a period's rows that are whole.
 */
function rhythmOf(
  rows: readonly (readonly number[])[],
  extent: number,
): { readonly period: number; readonly advance: number; readonly first: number } {
  const size = rows.length;
  const first = Math.ceil(size / Math.max(1, extent)) + 1;
  for (const fewer of [0, 1]) {
    const common = gcd(size - fewer, extent - fewer);
    const [period, advance] = [(size - fewer) / common, (extent - fewer) / common];
    const inner = rows.slice(first, Math.max(first, size - first - period));
    const repeats = inner.every((row, i) => sameRow(rows[first + period + i]!, row, advance));
    if (inner.length > 0 && repeats) return { period, advance, first };
  }
  return { period: size, advance: extent, first: 0 };
}

function sameRow(later: readonly number[], row: readonly number[], advance: number): boolean {
  return later.length === row.length && later.every((at, k) => at === row[k]! + advance);
}
