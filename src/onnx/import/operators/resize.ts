import { isFloating } from "../../../core/dtype.ts";
import type { Tensor } from "../../../core/tensor.ts";
import { type BandRow, bandOf } from "../../../ops/band.ts";
import * as o from "../../../ops/index.ts";
import { resizeAxis } from "../../../ops/interpolate.ts";
import type { NodeCall, Operator } from "../node-call.ts";
import { type AxisResize, coefficients, sourcePosition } from "./resize-positions.ts";

/** What a node says about all axes. */
type Common = Pick<
  AxisResize,
  "mode" | "coordinates" | "nearest" | "cubicA" | "antialias" | "excludeOutside"
>;

/** The rows of the matrix that resizes an axis, and which of them lie outside a region that is cropped. */
function rowsOf(axis: AxisResize): { rows: BandRow[]; outside: boolean[] } {
  const outside: boolean[] = [];
  const rows = Array.from({ length: axis.size }, (_, i): BandRow => {
    const position = sourcePosition(axis, i);
    const beyond = axis.coordinates === "tf_crop_and_resize" && (position < 0 || position > axis.extent - 1);
    outside.push(beyond);
    if (beyond) return { start: 0, weights: [0] };
    // The neighbour to the left is preferred: an element's own position has it as its right one.
    const base = Math.ceil(position) - 1;
    const taps = coefficients(axis, position - base);
    return rowOf(base, taps, axis);
  });
  return { rows, outside };
}

/** Taps beside the axis read its ends, or count nothing. */
function rowOf(base: number, taps: ReadonlyMap<number, number>, axis: AxisResize): BandRow {
  const last = axis.extent - 1;
  const shares = new Map<number, number>();
  let total = 0;
  for (const [tap, weight] of taps) {
    const at = base + tap;
    if (weight === 0 || (axis.excludeOutside && (at < 0 || at > last))) continue;
    const element = Math.min(Math.max(at, 0), last);
    shares.set(element, (shares.get(element) ?? 0) + weight);
    total += weight;
  }
  const scale = axis.excludeOutside ? 1 / total : 1;
  const start = Math.min(...shares.keys());
  const weights = Array.from({ length: Math.max(...shares.keys()) - start + 1 }, (_, k) => {
    return (shares.get(start + k) ?? 0) * scale;
  });
  return { start, weights };
}

/** Scales and sizes of the named axes; the others stay. */
function extentsOf(call: NodeCall, x: Tensor): { scales: number[]; sizes: number[]; axes: number[] } {
  const axes = call.axes(call.ints("axes") ?? x.shape.map((_, axis) => axis), x.rank);
  const [at, atSizes] = call.node.opType === "Resize" && call.version >= 11 ? [2, 3] : [1, -1];
  const given = call.floats("scales") ?? call.optionalNumbers(at, "scales") ?? [];
  const wanted = atSizes < 0 ? undefined : call.optionalNumbers(atSizes, "sizes");
  const extent = axes.map((axis) => x.shape[axis]!);
  if (!wanted || wanted.length === 0) {
    if (given.length !== axes.length || given.some((scale) => !(scale > 0))) {
      throw call.fail(
        `scales [${given.join(", ")}] are not a positive number for each of ${axes.length} axes`,
      );
    }
    return { scales: [...given], sizes: extent.map((n, i) => Math.floor(n * given[i]!)), axes };
  }
  if (wanted.length !== axes.length) throw call.fail(`${wanted.length} sizes do not fit ${axes.length} axes`);
  const scales = wanted.map((size, i) => size / extent[i]!);
  const policy = call.text("keep_aspect_ratio_policy", "stretch");
  if (policy === "stretch") return { scales, sizes: wanted, axes };
  const scale = policy === "not_larger" ? Math.min(...scales) : Math.max(...scales);
  const sizes = extent.map((n) => Math.floor(n * scale + 0.5));
  return { scales: axes.map(() => scale), sizes, axes };
}

function resizeWith(call: NodeCall, common: Common): Tensor {
  const x = call.tensor(0);
  const { scales, sizes, axes } = extentsOf(call, x);
  if (sizes.some((size) => size > 2 ** 24)) throw call.fail(`sizes [${sizes.join(", ")}] are too large`);
  const crops = common.coordinates === "tf_crop_and_resize";
  const roi = crops ? call.numbers(1, "roi") : [];
  const outsides = new Map<number, readonly boolean[]>();
  const resized = axes.reduce(
    (y, axis, i) => {
      const [extent, size, scale] = [x.shape[axis]!, sizes[i]!, scales[i]!];
      if (extent === size && scale === 1 && !crops) return y;
      const region = [roi[i] ?? 0, roi[axes.length + i] ?? 1] as const;
      const { rows, outside } = rowsOf({ ...common, extent, size, scale, region });
      if (outside.includes(true)) outsides.set(axis, outside);
      return resizeAxis(y, axis, bandOf(extent, rows));
    },
    isFloating(x.dtype) || common.mode === "nearest" ? x : o.cast(x, "float32"),
  );
  const value = call.float("extrapolation_value", 0);
  return [...outsides].reduce((y, [axis, outside]) => {
    const line = y.shape.map((n, a) => (a === axis ? n : 1));
    return o.where(o.reshape(o.constant(outside.map(Number), [outside.length], "bool"), line), value, y);
  }, resized);
}

const modes = ["nearest", "linear", "cubic", "bilinear"] as const;

function modeOf(call: NodeCall): AxisResize["mode"] {
  const mode = call.oneOf("mode", modes, "nearest");
  return mode === "bilinear" ? "linear" : mode;
}

function resize(call: NodeCall): Tensor {
  if (call.version < 11) return upsample(call);
  const coordinates = call.oneOf(
    "coordinate_transformation_mode",
    [
      "half_pixel",
      "half_pixel_symmetric",
      "pytorch_half_pixel",
      "align_corners",
      "asymmetric",
      "tf_crop_and_resize",
      "tf_half_pixel_for_nn",
    ],
    "half_pixel",
  );
  const nearest = call.oneOf(
    "nearest_mode",
    ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"],
    "round_prefer_floor",
  );
  return resizeWith(call, {
    mode: modeOf(call),
    coordinates,
    nearest,
    cubicA: call.float("cubic_coeff_a", -0.75),
    antialias: call.int("antialias", 0) === 1,
    excludeOutside: call.int("exclude_outside", 0) === 1,
  });
}

/** What Resize was before it had settings. */
function upsample(call: NodeCall): Tensor {
  return resizeWith(call, {
    mode: modeOf(call),
    coordinates: "asymmetric",
    nearest: "simple",
    cubicA: -0.75,
    antialias: false,
    excludeOutside: false,
  });
}

export const resizeOperators: Readonly<Record<string, Operator>> = { Resize: resize, Upsample: upsample };
