import type { Shape } from "../../core/shape.ts";
import { HostStorage } from "../../core/storage.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Sides } from "../../ops/spatial.ts";
import { elementwiseOps, type Rule } from "../interpret-graph.ts";
import {
  blind,
  extentOf,
  inOnePart,
  isBlind,
  joined,
  mixed,
  type Part,
  reduced,
  regrouped,
  type View,
  withAxes,
} from "./view.ts";
import { folded, padded, remade, sliced, windowed, windowOf } from "./windows.ts";

/** What an operation's elements see, given what those of its operands see. */
type FieldRule = Rule<View>;

type Seeing = readonly View[];

const seeing = (views: readonly (View | undefined)[]): Seeing => views.filter((view) => view !== undefined);

function join(views: readonly (View | undefined)[], shape: Shape): View | undefined {
  const found = seeing(views);
  return found.length === 0 ? undefined : found.reduce((a, b) => joined(a, b, shape));
}

/** Each element is made of those at its own place. */
const elementwise: FieldRule = ({ states, output: { shape } }) => join(states, shape);

/** Every element is made of all elements: for what has no rule of its own. */
export const everything: FieldRule = ({ states, output: { shape } }) =>
  join(
    seeing(states).map((view) => mixed(view, shape)),
    shape,
  );

/** The first operand's elements; others only say when. */
const same: FieldRule = ({ states: [view] }) => view;

const reduction: FieldRule = ({ states: [view], attrs: { axes } }) => view && reduced(view, axes);

interface ConvSettings {
  readonly stride: readonly number[];
  readonly padding: readonly Sides[];
  readonly dilation: readonly number[];
}

/** x [N, C, ...S] or a transposed convolution's input; what depends on the weight sees all that the weight does. */
function convolution(
  window: (view: View, a: number, kernel: readonly number[], attrs: ConvSettings, extent: number) => View,
): FieldRule {
  return ({ states: [x, weight], attrs, output: { shape }, inputs: [, filters] }) => {
    const kernel = filters!.shape.slice(2);
    let view = x && reduced(x, [1]);
    view &&= withAxes(view, view.axes.with(1, blind(shape[1]!)));
    for (let a = 0; view && a < kernel.length; a++) view = window(view, a, kernel, attrs, shape[a + 2]!);
    return join([view, weight && mixed(weight, shape)], shape);
  };
}

const conv = convolution((view, a, kernel, attrs, extent) => {
  const [windows, taps] = windowed(view, a + 2, extent, windowOf(kernel, attrs, a));
  const wide = { ...windows, axes: [...windows.axes, [taps]] };
  const narrow = reduced(wide, [wide.axes.length - 1]);
  return withAxes(narrow, narrow.axes.slice(0, -1));
});

const transposedConv = convolution((view, a, kernel, attrs, extent) =>
  folded(view, a + 2, extent, windowOf(kernel, attrs, a)),
);

const window: FieldRule = ({ states: [x], attrs, output: { shape } }) => {
  if (!x) return undefined;
  const { kernel } = attrs as { readonly kernel: readonly number[] };
  const lead = x.axes.length - kernel.length;
  const taps: Part[] = [];
  const view = kernel.reduce<View>((each, _, a) => {
    const [windows, tap] = windowed(each, lead + a, shape[lead + a]!, windowOf(kernel, attrs, a));
    taps.push(tap);
    return windows;
  }, x);
  return withAxes(view, [...view.axes, ...taps.map((tap) => [tap])]);
};

const fold: FieldRule = ({ states: [x], attrs, output: { shape } }) => {
  if (!x) return undefined;
  const { kernel } = attrs as { readonly kernel: readonly number[] };
  const lead = x.axes.length - 2 * kernel.length;
  const taps = kernel.map(
    (_, a) => inOnePart(x, lead + kernel.length + a).axes[lead + kernel.length + a]![0]!,
  );
  const view = { ...x, axes: x.axes.slice(0, lead + kernel.length) };
  return kernel.reduce<View>(
    (each, _, a) => folded(each, lead + a, shape[lead + a]!, windowOf(kernel, attrs, a), taps[a]),
    view,
  );
};

const reshape: FieldRule = ({ states: [x], output: { shape } }) =>
  x && (regrouped(x, shape) ?? mixed(x, shape));

const permute: FieldRule = ({ states: [x], attrs: { order } }) =>
  x && { ...x, axes: (order as readonly number[]).map((axis) => x.axes[axis]!) };

const slice: FieldRule = ({ states: [x], attrs: { start, size, step } }) =>
  x?.axes.reduce<View>((view, _, axis) => sliced(view, axis, start[axis], size[axis], step[axis]), x);

const pad: FieldRule = ({ states: [x], attrs: { low, interior }, output: { shape } }) =>
  x?.axes.reduce<View>((view, _, axis) => {
    const unchanged = low[axis] === 0 && interior[axis] === 0 && extentOf(view.axes[axis]!) === shape[axis];
    return unchanged ? view : padded(view, axis, shape[axis]!, low[axis], interior[axis]);
  }, x);

const expand: FieldRule = ({ states: [x], output: { shape } }) => {
  if (!x) return undefined;
  const lead = shape.length - x.axes.length;
  const axes = shape.map((count, axis) => {
    const parts = x.axes[axis - lead];
    return parts && extentOf(parts) === count ? parts : blind(count);
  });
  return withAxes(x, axes);
};

/** Beside each other along an axis that nothing is seen along, or as the border around the longest operand. */
const concat: FieldRule = (use) => {
  const {
    states: views,
    attrs: { axis },
    output: { shape },
    inputs,
  } = use;
  if (seeing(views).every((view) => isBlind(view.axes[axis]!))) {
    const widened = seeing(views).map((view) => ({
      ...view,
      axes: view.axes.with(axis, blind(shape[axis]!)),
    }));
    return join(widened, shape);
  }
  const lengths = inputs.map((input) => input.shape[axis]!);
  const longest = lengths.indexOf(Math.max(...lengths));
  const view = views[longest];
  if (!view || 2 * lengths[longest]! <= shape[axis]!) return everything(use);
  const before = lengths.slice(0, longest).reduce((sum, length) => sum + length, 0);
  return sliced(view, axis, -before, shape[axis]!, 1);
};

const resample: FieldRule = ({ states: [x], attrs: { axis, start, weights } }) =>
  x &&
  remade(
    x,
    axis,
    (weights as number[][]).map((row, o) => row.flatMap((weight, k) => (weight === 0 ? [] : [start[o] + k]))),
  );

const gather: FieldRule = (use) => {
  const {
    states: [x, index],
    attrs: { axis },
    output: { shape },
    inputs,
  } = use;
  if (index) return everything(use);
  if (!x) return undefined;
  if (isBlind(x.axes[axis]!)) return { ...x, axes: x.axes.with(axis, blind(shape[axis]!)) };
  const places = indexList(inputs[1]!, axis);
  return places
    ? remade(
        x,
        axis,
        places.map((place) => [place]),
      )
    : mixed(x, shape);
};

/** The positions that an index has on every line along the axis, where they are given. */
function indexList(index: Tensor, axis: number): readonly number[] | undefined {
  let tensor = index;
  while (tensor.source.kind === "node" && ["expand", "reshape"].includes(tensor.source.op.name)) {
    tensor = tensor.source.inputs[0]!;
  }
  const { source } = tensor;
  if (source.kind !== "value" || !(source.storage instanceof HostStorage)) return undefined;
  return tensor.size === index.shape[axis] ? Array.from(source.storage.read()) : undefined;
}

const scatterAdd: FieldRule = (use) => {
  const {
    states: [x, index],
    attrs: { axis, size },
  } = use;
  if (!x || index || !isBlind(x.axes[axis]!)) return everything(use);
  return { ...x, axes: x.axes.with(axis, blind(size)) };
};

/** [..., m, k] × [..., k, n]: rows see what the row does, columns what the column does. */
const matmul: FieldRule = ({ states: [a, b], output: { shape } }) => {
  const rank = shape.length;
  const side = (view: View | undefined, inner: number, outer: number): View | undefined => {
    if (!view) return undefined;
    const mixedOver = reduced(view, [inner]);
    return withAxes(
      mixedOver,
      mixedOver.axes.with(inner, blind(shape[inner]!)).with(outer, mixedOver.axes[outer]!),
    );
  };
  return join([side(a, rank - 1, rank - 2), side(b, rank - 2, rank - 1)], shape);
};

const linear: FieldRule = ({ states: [x, ...others], output: { shape } }) => {
  const axis = shape.length - 1;
  const rows = x && reduced(x, [axis]);
  const view = rows && withAxes(rows, rows.axes.with(axis, blind(shape[axis]!)));
  return join([view, ...others.map((other) => other && mixed(other, shape))], shape);
};

/** The operations that are not made of others; those that are follow from what they are made of. */
export const rules: Readonly<Record<string, FieldRule>> = {
  ...Object.fromEntries(elementwiseOps.map((name) => [name, elementwise])),
  sum: reduction,
  max: reduction,
  min: reduction,
  argmax: reduction,
  argmin: reduction,
  barrier: same,
  checkpoint: same,
  pack: same,
  conv,
  convInputGrad: transposedConv,
  window,
  fold,
  reshape,
  permute,
  slice,
  pad,
  expand,
  concat,
  resample,
  gather,
  scatterAdd,
  matmul,
  linear,
};
