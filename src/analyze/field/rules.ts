import type { Shape } from "../../core/shape.ts";
import { HostStorage } from "../../core/storage.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Sides } from "../../ops/spatial.ts";
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

/** What an operation's elements see, given what those of its operands see; undefined ones see nothing of the input. */
export type Rule = (
  views: readonly (View | undefined)[],
  // biome-ignore lint/suspicious/noExplicitAny: each rule knows the settings of its operation
  attrs: any,
  output: Tensor,
  inputs: readonly Tensor[],
) => View | undefined;

type Seeing = readonly View[];

const seeing = (views: readonly (View | undefined)[]): Seeing => views.filter((view) => view !== undefined);

function join(views: readonly (View | undefined)[], shape: Shape): View | undefined {
  const found = seeing(views);
  return found.length === 0 ? undefined : found.reduce((a, b) => joined(a, b, shape));
}

/** Each element is made of those at its own place. */
const elementwise: Rule = (views, _, { shape }) => join(views, shape);

/** Every element is made of all elements: for what has no rule of its own. */
export const everything: Rule = (views, _, { shape }) =>
  join(
    seeing(views).map((view) => mixed(view, shape)),
    shape,
  );

/** The first operand's elements; others only say when. */
const same: Rule = ([view]) => view;

const reduction: Rule = ([view], { axes }) => view && reduced(view, axes);

interface ConvSettings {
  readonly stride: readonly number[];
  readonly padding: readonly Sides[];
  readonly dilation: readonly number[];
}

/** x [N, C, ...S] or a transposed convolution's input; what depends on the weight sees all that the weight does. */
function convolution(
  window: (view: View, a: number, kernel: readonly number[], attrs: ConvSettings, extent: number) => View,
): Rule {
  return ([x, weight], attrs: ConvSettings, { shape }, [, filters]) => {
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

const window: Rule = ([x], attrs, { shape }) => {
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

const fold: Rule = ([x], attrs, { shape }) => {
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

const reshape: Rule = ([x], _, { shape }) => x && (regrouped(x, shape) ?? mixed(x, shape));

const permute: Rule = ([x], { order }) =>
  x && { ...x, axes: (order as readonly number[]).map((axis) => x.axes[axis]!) };

const slice: Rule = ([x], { start, size, step }) =>
  x?.axes.reduce<View>((view, _, axis) => sliced(view, axis, start[axis], size[axis], step[axis]), x);

const pad: Rule = ([x], { low, interior }, { shape }) =>
  x?.axes.reduce<View>((view, _, axis) => {
    const unchanged = low[axis] === 0 && interior[axis] === 0 && extentOf(view.axes[axis]!) === shape[axis];
    return unchanged ? view : padded(view, axis, shape[axis]!, low[axis], interior[axis]);
  }, x);

const expand: Rule = ([x], _, { shape }) => {
  if (!x) return undefined;
  const lead = shape.length - x.axes.length;
  const axes = shape.map((count, axis) => {
    const parts = x.axes[axis - lead];
    return parts && extentOf(parts) === count ? parts : blind(count);
  });
  return withAxes(x, axes);
};

/** Beside each other along an axis that nothing is seen along, or as the border around the longest operand. */
const concat: Rule = (views, { axis }, { shape }, inputs) => {
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
  if (!view || 2 * lengths[longest]! <= shape[axis]!)
    return everything(views, {}, { shape } as Tensor, inputs);
  const before = lengths.slice(0, longest).reduce((sum, length) => sum + length, 0);
  return sliced(view, axis, -before, shape[axis]!, 1);
};

const resample: Rule = ([x], { axis, start, weights }) =>
  x &&
  remade(
    x,
    axis,
    (weights as number[][]).map((row, o) => row.flatMap((weight, k) => (weight === 0 ? [] : [start[o] + k]))),
  );

const gather: Rule = (views, { axis }, output, inputs) => {
  const [x, index] = views;
  const { shape } = output;
  if (index) return everything(views, {}, output, inputs);
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

const scatterAdd: Rule = (views, { axis, size }, output, inputs) => {
  const [x, index] = views;
  if (!x || index || !isBlind(x.axes[axis]!)) return everything(views, {}, output, inputs);
  return { ...x, axes: x.axes.with(axis, blind(size)) };
};

/** [..., m, k] × [..., k, n]: rows see what the row does, columns what the column does. */
const matmul: Rule = ([a, b], _, { shape }) => {
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

const linear: Rule = ([x, ...others], _, { shape }) => {
  const axis = shape.length - 1;
  const rows = x && reduced(x, [axis]);
  const view = rows && withAxes(rows, rows.axes.with(axis, blind(shape[axis]!)));
  return join([view, ...others.map((other) => other && mixed(other, shape))], shape);
};

const elementwiseOps =
  "abs add cast cos div equal erf exp expm1 floor less lessEqual log log1p logicalAnd logicalNot maximum minimum mul " +
  "neg notEqual pow sigmoid sign sin sqrt sub tanh where bitsToUnit";

/** The operations that are not made of others; those that are follow from what they are made of. */
export const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...elementwiseOps.split(" ").map((name) => [name, elementwise] as const),
  ...["sum", "max", "min", "argmax", "argmin"].map((name) => [name, reduction] as const),
  ...["barrier", "checkpoint", "pack"].map((name) => [name, same] as const),
  ["conv", conv],
  ["convInputGrad", transposedConv],
  ["window", window],
  ["fold", fold],
  ["reshape", reshape],
  ["permute", permute],
  ["slice", slice],
  ["pad", pad],
  ["expand", expand],
  ["concat", concat],
  ["resample", resample],
  ["gather", gather],
  ["scatterAdd", scatterAdd],
  ["matmul", matmul],
  ["linear", linear],
]);
