import { ArgumentError, ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import { sameShape, sizeOf, stridesOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { type Band, bandOf } from "./band.ts";
import { expand } from "./expand.ts";
import type { TensorLike } from "./like.ts";
import { reshape, unsqueeze } from "./movement.ts";
import { withSpatial } from "./pool-geometry.ts";
import { asReal } from "./real.ts";
import { resample } from "./resample.ts";
import { type PerAxis, perAxis } from "./spatial.ts";

export type InterpolateMode = "nearest" | "linear" | "bilinear" | "trilinear";

export interface InterpolateOptions {
  /** Spatial extents of the result; either this or `scaleFactor`. */
  readonly size?: PerAxis;
  /** Factor of the extents, ⌊extent · scaleFactor⌋; positions are computed from it and not from the rounded size. */
  readonly scaleFactor?: number | readonly number[];
  /** Default "nearest". The linear ones name the number of spatial axes: 1, 2 and 3. */
  readonly mode?: InterpolateMode;
  /** Whether the outermost elements' centres, not the outermost edges, stay where they are; default false. */
  readonly alignCorners?: boolean;
}

type InterpolateAttrs = {
  readonly size: readonly number[];
  readonly linear: boolean;
  readonly alignCorners: boolean;
  /** The factors that were given, if they were. */
  readonly scaleFactor: readonly number[] | null;
};

/** The element that output o of a nearest-neighbour resize takes, ⌊o · n / size⌋ in PyTorch's single precision. */
function nearestSource(o: number, extent: number, size: number, scaleFactor: number | undefined): number {
  const step = Math.fround(scaleFactor === undefined ? extent / size : 1 / scaleFactor);
  return Math.min(Math.floor(Math.fround(o * step)), extent - 1);
}

/** Where output o of a linear resize lies between the elements: `lower` and the fraction of the way to the next. */
function linearSource(
  o: number,
  extent: number,
  size: number,
  { alignCorners, scaleFactor }: { alignCorners: boolean; scaleFactor: number | undefined },
): { lower: number; fraction: number } {
  const ratio = scaleFactor === undefined ? extent / size : 1 / scaleFactor;
  const position = alignCorners
    ? o * (size > 1 ? (extent - 1) / (size - 1) : 0)
    : Math.max(0, (o + 0.5) * ratio - 0.5);
  const lower = Math.min(Math.floor(position), extent - 1);
  return { lower, fraction: lower === extent - 1 ? 0 : position - lower };
}

/** The matrix that resizes one axis. */
function bandAlong(extent: number, axis: number, attrs: InterpolateAttrs): Band {
  const size = attrs.size[axis]!;
  const scaleFactor = attrs.scaleFactor?.[axis];
  const rows = Array.from({ length: size }, (_, o) => {
    if (!attrs.linear) return { start: nearestSource(o, extent, size, scaleFactor), weights: [1] };
    const { lower, fraction } = linearSource(o, extent, size, {
      alignCorners: attrs.alignCorners,
      scaleFactor,
    });
    return { start: lower, weights: fraction === 0 ? [1] : [1 - fraction, fraction] };
  });
  return bandOf(extent, rows);
}

const interpolateOp: Op<InterpolateAttrs> = defineOp<InterpolateAttrs>({
  name: "interpolate",
  shape: ([x], { size }) => ({ shape: withSpatial(x!.shape, size), dtype: x!.dtype }),
  reference: ([x], attrs, out) => {
    const { size } = attrs;
    const extent = x!.shape.slice(-size.length);
    const bands = extent.map((n, axis) => bandAlong(n, axis, attrs));
    const strides = stridesOf(size);
    for (let i = 0; i < out.data.length; i++) {
      // The product over the axes of one or two weighted neighbours.
      const blend = (axis: number, at: number): number => {
        if (axis === size.length) return x!.data[at]!;
        const o = Math.floor(i / strides[axis]!) % size[axis]!;
        const { start, weights } = bands[axis]!;
        return weights[o]!.reduce(
          (total, weight, k) => total + weight * blend(axis + 1, at * extent[axis]! + start[o]! + k),
          0,
        );
      };
      out.data[i] = blend(0, Math.floor(i / sizeOf(size)));
    }
  },
  decompose: ([x], attrs) =>
    attrs.size.reduce((y, _, a) => {
      const axis = x!.rank - attrs.size.length + a;
      return resizeAxis(y, axis, bandAlong(y.shape[axis]!, a, attrs));
    }, x!),
  examples: (draw) => {
    const rank = draw.int(1, 2);
    const shape = [1, draw.int(1, 2), ...draw.shape(rank, 5)];
    const linear = draw.bool();
    const scaleFactor = draw.bool() ? shape.slice(2).map(() => draw.pick([1.5, 2, 2.3])) : null;
    const size = shape
      .slice(2)
      .map((n, a) => (scaleFactor ? Math.floor(n * scaleFactor[a]!) : draw.int(1, 8)));
    return { inputs: [{ shape }], attrs: { size, linear, alignCorners: linear && draw.bool(), scaleFactor } };
  },
});

/** Resizes one axis by a matrix; where each element comes equally often, by repeating it. */
export function resizeAxis(x: Tensor, axis: number, band: Band): Tensor {
  return isRepetition(band) ? repeatElements(x, axis, band.start.length) : resample(x, axis, band);
}

/** Whether every element is taken equally often, one after the other. */
function isRepetition({ extent, start, weights }: Band): boolean {
  const times = start.length / extent;
  return (
    Number.isInteger(times) &&
    start.every((s, o) => s === Math.floor(o / times) && sameShape(weights[o]!, [1]))
  );
}

/** Each element of the axis as often as it takes to have `size` of them. */
function repeatElements(x: Tensor, axis: number, size: number): Tensor {
  const times = size / x.shape[axis]!;
  if (times === 1) return x;
  const wide = expand(unsqueeze(x, axis + 1), x.shape.toSpliced(axis + 1, 0, times));
  return reshape(wide, x.shape.with(axis, size));
}

const spatialAxesOf: Readonly<Record<Exclude<InterpolateMode, "nearest">, number>> = {
  linear: 1,
  bilinear: 2,
  trilinear: 3,
};

/**
 * Resizes the spatial axes of x [N, C, ...S] to [N, C, ...size], by PyTorch's rules for positions.
 *
 * With r = extent / size, or 1 / scaleFactor where that is given (PyTorch's default, recompute_scale_factor off), output
 * o of an axis takes element ⌊o · r⌋ ("nearest"), or lies at (o + ½) · r − ½, not below 0, between two elements and is
 * weighted linearly; with `alignCorners` at o · (extent − 1) / (size − 1).
 *
 * @throws ArgumentError if not exactly one of `size` and `scaleFactor` is given, or `alignCorners` with "nearest".
 * @throws ShapeError if the mode is for another number of spatial axes, or an axis is empty.
 */
export function interpolate(x: TensorLike, options: InterpolateOptions): Tensor {
  const { mode = "nearest", alignCorners = false } = options;
  const t = asReal(x);
  const rank = t.rank - 2;
  const linear = mode !== "nearest";
  if (linear && !(mode in spatialAxesOf)) throw new ArgumentError(`interpolate: there is no mode "${mode}"`);
  if (rank < 1 || (linear && rank !== spatialAxesOf[mode])) {
    const needed = linear ? `${spatialAxesOf[mode]} spatial axes` : "spatial axes";
    throw new ShapeError("interpolate", `mode "${mode}" needs an input [N, C, ...S] with ${needed}`, {
      x: t.shape,
    });
  }
  if (alignCorners && !linear) {
    throw new ArgumentError('interpolate: alignCorners is for the linear modes, not for "nearest"');
  }
  const extent = t.shape.slice(2);
  const { size, scaleFactor } = resultSize(extent, options);
  if (extent.includes(0) || size.includes(0)) {
    throw new ShapeError("interpolate", "input and output need elements on every axis", { x: t.shape, size });
  }
  return apply(interpolateOp, [t], { size, linear, alignCorners, scaleFactor });
}

function resultSize(
  extent: readonly number[],
  { size, scaleFactor }: InterpolateOptions,
): { size: number[]; scaleFactor: number[] | null } {
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ArgumentError("interpolate: give either size or scaleFactor");
  }
  if (size !== undefined) {
    return { size: perAxis("interpolate", "size", size, extent.length, 1), scaleFactor: null };
  }
  const factors = typeof scaleFactor === "number" ? extent.map(() => scaleFactor) : [...scaleFactor!];
  if (factors.length !== extent.length || !factors.every((f) => Number.isFinite(f) && f > 0)) {
    throw new ArgumentError(
      `interpolate: scaleFactor must be one positive number, or ${extent.length} of them, not [${factors.join(", ")}]`,
    );
  }
  return { size: extent.map((n, a) => Math.floor(n * factors[a]!)), scaleFactor: factors };
}
