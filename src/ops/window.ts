import type { Draw } from "../core/draw.ts";
import { ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import { type Shape, sameShape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { tapsOf, type WindowGeometry, type WindowSettings, windowCounts } from "./window-geometry.ts";

export type WindowAttrs = WindowSettings & {
  /** What a tap beside the elements reads. */
  readonly fill: number;
  /** Number of windows along each axis; default: as many as fit. Taps beyond the padding read `fill`, too. */
  readonly size?: readonly number[];
};

export type FoldAttrs = WindowAttrs & {
  /** Extents of the axes that the windows lie over. */
  readonly extent: readonly number[];
};

function geometryOf(extent: readonly number[], attrs: WindowAttrs): WindowGeometry {
  return { ...attrs, extent, size: attrs.size ?? windowCounts(extent, attrs) };
}

/** The extents in front of the last `count`, and those. */
function splitShape(shape: Shape, count: number): [lead: number[], last: number[]] {
  const at = shape.length - count;
  return [shape.slice(0, at), shape.slice(at)];
}

const windowOp: Op<WindowAttrs> = defineOp<WindowAttrs>({
  name: "window",
  shape: ([x], attrs) => {
    const rank = attrs.kernel.length;
    if (x!.shape.length < rank) {
      throw new ShapeError("window", `x needs at least ${rank} axes`, { x: x!.shape, kernel: attrs.kernel });
    }
    const [lead, extent] = splitShape(x!.shape, rank);
    return { shape: [...lead, ...geometryOf(extent, attrs).size, ...attrs.kernel], dtype: x!.dtype };
  },
  reference: ([x], attrs, out) => {
    out.data.fill(attrs.fill);
    forEachWindowed(x!.shape, attrs, (from, to) => {
      out.data[to] = x!.data[from]!;
    });
  },
  vjp: ({ inputs: [x], gradient, attrs }) => [
    apply(foldOp, [gradient], { ...attrs, extent: splitShape(x!.shape, attrs.kernel.length)[1] }),
  ],
  examples: (draw) => {
    const { extent, attrs } = drawWindow(draw);
    return { inputs: [{ shape: [...draw.shape(draw.int(0, 2), 2), ...extent] }], attrs };
  },
});

const foldOp: Op<FoldAttrs> = defineOp<FoldAttrs>({
  name: "fold",
  shape: ([windows], attrs) => {
    const [lead, last] = splitShape(windows!.shape, 2 * attrs.kernel.length);
    const expected = [...geometryOf(attrs.extent, attrs).size, ...attrs.kernel];
    if (!sameShape(last, expected)) {
      throw new ShapeError("fold", "the last axes are not those of the windows and their taps", {
        x: windows!.shape,
        expected,
      });
    }
    return { shape: [...lead, ...attrs.extent], dtype: windows!.dtype };
  },
  reference: ([windows], attrs, out) => {
    forEachWindowed(out.shape, attrs, (to, from) => {
      out.data[to]! += windows!.data[from]!;
    });
  },
  vjp: ({ gradient, attrs: { extent, ...attrs } }) => [
    slidingWindows(gradient, { ...attrs, fill: 0, size: geometryOf(extent, attrs).size }),
  ],
  examples: (draw) => {
    const { extent, attrs } = drawWindow(draw);
    const { size, kernel } = geometryOf(extent, attrs);
    return {
      inputs: [{ shape: [...draw.shape(draw.int(0, 2), 2), ...size, ...kernel] }],
      attrs: { ...attrs, extent },
    };
  },
});

/** Calls `visit(position in x, position in the windows of x)` for every tap on an element. */
function forEachWindowed(
  shape: Shape,
  attrs: WindowAttrs,
  visit: (x: number, windowed: number) => void,
): void {
  const [lead, extent] = splitShape(shape, attrs.kernel.length);
  const geometry = geometryOf(extent, attrs);
  const at = tapsOf(geometry);
  const [elements, taps, windows] = [sizeOf(extent), sizeOf(geometry.kernel), sizeOf(geometry.size)];
  for (let l = 0; l < sizeOf(lead); l++) {
    for (let t = 0; t < at.x.length; t++) {
      visit(l * elements + at.x[t]!, (l * windows + at.y[t]!) * taps + at.k[t]!);
    }
  }
}

function drawWindow(draw: Draw): { extent: number[]; attrs: WindowAttrs } {
  const rank = draw.int(1, 2);
  const extent = draw.shape(rank, 5);
  const some = (least: number, most: number): number[] => extent.map(() => draw.int(least, most));
  const settings: WindowSettings = {
    kernel: some(1, 3),
    stride: some(1, 3),
    padding: extent.map(() => [draw.int(0, 2), draw.int(0, 2)] as const),
    dilation: some(1, 2),
  };
  const fitting = windowCounts(extent, settings).map((count) => Math.max(1, count));
  const size = fitting.map((count) => Math.min(4, count + draw.int(0, 1)));
  return { extent, attrs: { ...settings, fill: draw.pick([0, 1.5]), size } };
}

/**
 * The windows over the last axes of x: y[…, o, k] = x[…, o·stride − low + k·dilation] per axis, `fill` beside x.
 *
 * x [...lead, ...S] → [...lead, ...size, ...kernel].
 */
export function slidingWindows(x: Tensor, attrs: WindowAttrs): Tensor {
  return apply(windowOp, [x], attrs);
}

/**
 * The adjoint of {@link slidingWindows}: adds up what windows hold for each element.
 *
 * [...lead, ...size, ...kernel] → [...lead, ...extent].
 */
export function foldWindows(windows: Tensor, attrs: FoldAttrs): Tensor {
  return apply(foldOp, [windows], attrs);
}
