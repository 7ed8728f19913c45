import type { Shape } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import type { Module } from "../nn/module.ts";
import { withMode } from "../nn/with-mode.ts";
import { type IndexMap, seenBy, widthOf } from "./field/index-map.ts";
import { clipped, countOf, type Runs } from "./field/runs.ts";
import { traceViews } from "./field/trace-views.ts";
import { isBlind, mixed, normalized, type View } from "./field/view.ts";
import { type LayerCall, type LayerTrace, traceLayers } from "./trace-layers.ts";

/** What the elements of a layer's output see along one spatial axis of the input. */
export interface AxisField {
  /** Elements of the input along the axis. */
  readonly extent: number;
  /**
   * From the first input element that reaches an output element to the last; what lies in the padding counts. After
   * upsampling elements differ, and it is the largest.
   */
  readonly size: number;
  /** How far the field moves from one output element to the next; 0 where all see the same. */
  readonly stride: number;
  /** The first input element in the field of output element 0; negative in the padding. */
  readonly start: number;
  /** How far the field of output element 0 reaches before the input: −start. */
  readonly pad: number;
  /** How many elements within the field reach the output; fewer than `size` where dilated kernels leave gaps. */
  readonly taps: number;
  /** The size through the narrowest of all ways from the input, and through the widest. */
  readonly least: number;
  readonly most: number;
  /** Whether every output element sees from the first input element to the last. */
  readonly whole: boolean;
  /** Which axis of the output moves the field; undefined where none does. */
  readonly outputAxis: number | undefined;
  /** Elements of the output along that axis; 1 where there is none. */
  readonly outputs: number;
  /** The exact positions that output element n sees, before they are cut to the input: see {@link fieldOf}. */
  readonly positions: IndexMap;
}

export interface LayerField extends Pick<LayerCall, "name" | "path" | "container"> {
  readonly type: string;
  readonly outputShape: Shape;
  /** One for each spatial axis of the input, [N, C, ...S]. */
  readonly axes: readonly AxisField[];
}

/**
 * The theoretical receptive field of every layer, exact: found by following the operations from each layer's output back
 * to the input, whatever modules computed them.
 *
 * A window of kernel k and dilation d widens the field by (k − 1)·d strides of its input; where ways meet again it is
 * the union (Araujo et al. 2019, "Computing Receptive Fields of Convolutional Neural Networks"). It holds for elements
 * away from the border; padding that copies (reflect, replicate, circular) shows those at the border other places.
 *
 * @param inputShape [C, ...S] of one image, without the batch.
 * @throws ShapeError if the input does not fit.
 */
export function receptiveField(model: Module, inputShape: Shape): LayerField[] {
  const input = Tensor.input({ shape: [1, ...inputShape], dtype: "float32" });
  return layerFields(
    withMode(model, false, () => traceLayers(model, input)),
    input,
  );
}

/** The fields of layers that were traced; those that do not depend on the input are left out. */
export function layerFields({ calls }: LayerTrace, input: Tensor): LayerField[] {
  const tracers = input.shape.slice(2).map((_, a) => traceViews(input, a + 2));
  if (tracers.length === 0) return [];
  return calls.flatMap((call): LayerField[] => {
    const views = tracers.map((tracer) => tracer.of(call.output));
    if (views.includes(undefined)) return [];
    const { name, path, container, module, output } = call;
    const axes = apart(views as View[], output.shape).map(axisField);
    return [{ name, path, container, type: module.typeName, outputShape: output.shape, axes }];
  });
}

/** Where several axes of the input were joined into one, as by flattening, what elements see has no order: it is all. */
function apart(views: readonly View[], shape: Shape): readonly View[] {
  const lost = shape.some((_, axis) => views.filter(({ axes }) => !isBlind(axes[axis]!)).length > 1);
  return lost ? views.map((view) => mixed(view, shape)) : views;
}

function axisField(view: View): AxisField {
  const { axes, ways, extent } = normalized(view);
  const { all, least, most } = ways;
  const leading = axes.findIndex((parts) => !isBlind(parts));
  const outputAxis = leading < 0 ? undefined : leading;
  const outputs = outputAxis === undefined ? 1 : axes[outputAxis]!.reduce((n, part) => n * part.extent, 1);
  const start = all.runs.find((runs) => runs.length > 0)?.[0] ?? 0;
  const field = {
    extent,
    size: widthOf(all),
    stride: all.advance / all.period,
    start,
    pad: start === 0 ? 0 : -start,
    taps: Math.max(...all.runs.map(countOf)),
    least: widthOf(least),
    most: widthOf(most),
    outputAxis,
    outputs,
    positions: all,
  };
  const seen = Array.from({ length: outputs }, (_, n) => fieldOf(field, n));
  return { ...field, whole: seen.every((runs) => runs[0] === 0 && runs.at(-1) === extent - 1) };
}

/** The input elements that reach output element `n` along an axis: first and last of each run of neighbours. */
export function fieldOf({ positions, extent }: Pick<AxisField, "positions" | "extent">, n: number): Runs {
  return clipped(seenBy(positions, n), extent);
}
