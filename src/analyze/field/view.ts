import { type Shape, sizeOf } from "../../core/shape.ts";
import {
  constantMap,
  type IndexMap,
  isConstant,
  reindexed,
  seenBy,
  spread,
  together,
  widthOf,
} from "./index-map.ts";
import { clipped, type Runs, unionOf } from "./runs.ts";

/** A part of a tensor's axis, as `reshape` joins and splits them: its extent, and what a step along it adds to n. */
export interface Part {
  readonly extent: number;
  readonly weight: number;
}

/** What elements see along one axis of the input through all ways together, the narrowest way and the widest. */
export interface Ways {
  readonly all: IndexMap;
  readonly least: IndexMap;
  readonly most: IndexMap;
}

/** How a tensor's elements look at one axis of the input: element (i₁, …) is number n = Σ weight · i of the maps. */
export interface View {
  /** The parts of each axis of the tensor, outermost first. */
  readonly axes: readonly (readonly Part[])[];
  readonly ways: Ways;
  /** Of the input's axis. */
  readonly extent: number;
}

export const blind = (extent: number): readonly Part[] => [{ extent, weight: 0 }];

export function isBlind(parts: readonly Part[]): boolean {
  return parts.every(({ weight }) => weight === 0);
}

/** Whether the axis alone says where an element looks. */
export function leads({ axes }: View, axis: number): boolean {
  return axes.every((parts, other) => other === axis || isBlind(parts));
}

export function mapWays({ all, least, most }: Ways, change: (map: IndexMap) => IndexMap): Ways {
  const changed = change(all);
  return {
    all: changed,
    least: least === all ? changed : change(least),
    most: most === all ? changed : change(most),
  };
}

/** A view with other axes and maps; one that no axis leads is a constant, cut to what is there. */
export function withAxes(view: View, axes: View["axes"], ways: Ways = view.ways): View {
  if (!axes.every(isBlind)) return { ...view, axes, ways };
  const fixed = mapWays(ways, (map) => constantMap(clipped(seenBy(map, 0), view.extent)));
  return { ...view, axes: axes.map((parts) => blind(extentOf(parts))), ways: fixed };
}

export function extentOf(parts: readonly Part[]): number {
  return parts.reduce((product, { extent }) => product * extent, 1);
}

/** Every number n that the parts lead to, from 0. */
function numbersOf(parts: readonly Part[]): number[] {
  return parts.reduce<number[]>(
    (numbers, { extent, weight }) => {
      if (weight === 0) return numbers;
      const steps = Array.from({ length: extent }, (_, i) => i * weight);
      return [...new Set(numbers.flatMap((n) => steps.map((step) => n + step)))];
    },
    [0],
  );
}

/** What all elements of a tensor see together, as what each sees: for operations that mix everything. */
export function mixed(view: View, shape: Shape): View {
  const numbers = numbersOf(view.axes.flat());
  const ways = mapWays(view.ways, (map) => constantOver(map, numbers, view.extent));
  return { ...view, axes: shape.map(blind), ways };
}

function constantOver(map: IndexMap, numbers: readonly number[], extent: number): IndexMap {
  if (isConstant(map)) return map;
  return constantMap(unionOf(numbers.map((n): Runs => clipped(seenBy(map, n), extent))));
}

/** Each element sees what all elements along some axes saw; they stay with extent 1. */
export function reduced(view: View, axes: readonly number[]): View {
  const numbers = numbersOf(axes.flatMap((axis) => view.axes[axis]!));
  const ways = numbers.length === 1 ? view.ways : mapWays(view.ways, (map) => spread(map, numbers));
  return withAxes(
    view,
    view.axes.map((parts, axis) => (axes.includes(axis) ? blind(1) : parts)),
    ways,
  );
}

/** The same view with an axis in one part, as sliding windows need it. */
export function inOnePart(view: View, axis: number): View {
  const parts = merged(view.axes[axis]!);
  if (parts.length === 1) return { ...view, axes: view.axes.with(axis, parts) };
  const [{ weight }] = parts as [Part];
  // Beside an axis that leads, too, or in a part that comes again and again, no single number is left.
  if (weight === 0 || !leads(view, axis)) return mixed(view, view.axes.map(extentOf));
  const inner = extentOf(parts.slice(1));
  const numberAt = (index: number): number => {
    let rest = index;
    let n = 0;
    for (const part of parts.slice(1).reverse()) {
      const outer = Math.floor(rest / part.extent);
      n += part.weight * (rest - outer * part.extent);
      rest = outer;
    }
    return n + weight * rest;
  };
  const ways = mapWays(view.ways, (map) =>
    reindexed(map, { step: inner, by: weight }, (index) => seenBy(map, numberAt(index))),
  );
  return { ...view, axes: view.axes.with(axis, [{ extent: extentOf(parts), weight: 1 }]), ways };
}

/** Neighbouring parts that count on like one axis, as one. */
function merged(parts: readonly Part[]): Part[] {
  const wide = parts.length > 1 ? parts.filter(({ extent }) => extent > 1) : parts;
  const list: Part[] = [];
  for (const outer of wide.toReversed()) {
    const inner = list.at(-1);
    if (inner === undefined || outer.weight !== inner.weight * inner.extent) list.push(outer);
    else list.splice(-1, 1, { extent: outer.extent * inner.extent, weight: inner.weight });
  }
  list.reverse();
  return list.length === 0 ? [{ extent: 1, weight: parts[0]?.weight ?? 0 }] : list;
}

/** The view with each element's number being its index, where one axis in one part leads. */
export function normalized(view: View): View {
  const single = view.axes.reduce((each, _, axis) => inOnePart(each, axis), view);
  const axis = single.axes.findIndex((parts) => !isBlind(parts));
  if (axis < 0 || !leads(single, axis)) return single;
  const [{ extent, weight }] = single.axes[axis] as readonly [Part];
  if (weight === 1) return single;
  const ways = mapWays(single.ways, (map) =>
    reindexed(map, { step: 1, by: weight }, (index) => seenBy(map, weight * index)),
  );
  return { ...single, axes: single.axes.with(axis, [{ extent, weight: 1 }]), ways };
}

/** What elements see that are made of one tensor's and another's, place by place. */
export function joined(a: View, b: View, shape: Shape): View {
  if (!sameAxes(a, b)) {
    const [x, y] = [normalized(a), normalized(b)];
    if (!sameAxes(x, y)) {
      if (x.axes.every(isBlind)) return joinedWays(y, x, y);
      if (y.axes.every(isBlind)) return joinedWays(x, x, y);
      return joined(mixed(a, shape), mixed(b, shape), shape);
    }
    return joinedWays(x, x, y);
  }
  return joinedWays(a, a, b);
}

function joinedWays(leading: View, a: View, b: View): View {
  const [first, second] = [a.ways, b.ways];
  const all = a === b || first.all === second.all ? first.all : union(leading, first.all, second.all);
  const rank = (map: IndexMap): number => (isConstant(map) ? Number.POSITIVE_INFINITY : widthOf(map));
  return {
    ...leading,
    ways: {
      all,
      least: rank(first.least) <= rank(second.least) ? first.least : second.least,
      most: rank(first.most) >= rank(second.most) ? first.most : second.most,
    },
  };
}

function union({ axes, extent }: View, a: IndexMap, b: IndexMap): IndexMap {
  const both = together(a, b);
  if (both) return both;
  const numbers = numbersOf(axes.flat());
  const fixed = [a, b].map((map) => constantOver(map, numbers, extent).runs[0]!);
  return constantMap(unionOf(fixed));
}

function sameAxes(a: View, b: View): boolean {
  return a.axes.every((parts, axis) => {
    const others = b.axes[axis]!;
    if (isBlind(parts) && isBlind(others)) return true;
    return (
      parts.length === others.length &&
      parts.every(({ extent, weight }, i) => extent === others[i]!.extent && weight === others[i]!.weight)
    );
  });
}

/** The view of the same elements in row-major order under another shape; undefined where parts do not fit into it. */
export function regrouped(view: View, shape: Shape): View | undefined {
  const rest: Part[] = [];
  for (const part of view.axes.flat()) {
    const before = rest.at(-1);
    if (part.weight !== 0 || (part.extent > 1 && before?.weight !== 0)) rest.push(part);
    else if (part.extent > 1) rest.splice(-1, 1, { extent: before!.extent * part.extent, weight: 0 });
  }
  const axes: Part[][] = [];
  for (const extent of shape) {
    const parts: Part[] = [];
    if (extent === 1 && rest[0]?.extent === 1) parts.push(rest.shift()!);
    let wanted = extent;
    while (wanted > 1) {
      const part = rest.shift();
      if (!part) return undefined;
      if (wanted % part.extent === 0) {
        parts.push(part);
        wanted /= part.extent;
      } else if (part.extent % wanted === 0) {
        const inner = part.extent / wanted;
        parts.push({ extent: wanted, weight: part.weight * inner });
        rest.unshift({ extent: inner, weight: part.weight });
        wanted = 1;
      } else return undefined;
    }
    axes.push(parts.length > 0 ? parts : [...blind(extent)]);
  }
  return sizeOf(shape) === sizeOf(axes.map(extentOf)) ? withAxes(view, axes) : undefined;
}
