import type { TensorSpec } from "../../../core/op.ts";
import { sizeOf } from "../../../core/shape.ts";
import type { Band } from "../../../ops/band.ts";
import { hostTensor, type OnnxGraph } from "../onnx-graph.ts";
import type { Operation, Translations } from "./translation.ts";

type ResampleAttrs = Band & { readonly axis: number };

interface InterpolateAttrs {
  readonly size: readonly number[];
  readonly linear: boolean;
  readonly alignCorners: boolean;
  readonly scaleFactor: readonly number[] | null;
}

/** The factors that ONNX computes positions from. */
function factors({ shape }: TensorSpec, { size, scaleFactor }: InterpolateAttrs): readonly number[] {
  return scaleFactor ?? size.map((wanted, a) => wanted / shape[shape.length - size.length + a]!);
}

/** Whether ONNX, whose factors have single precision, comes to the same size: 10 · 1.3 is less than 13 then. */
function givesTheSize({ shape }: TensorSpec, { size, scaleFactor, alignCorners }: InterpolateAttrs): boolean {
  if (!scaleFactor || alignCorners) return true;
  const extent = shape.slice(-size.length);
  return size.every((wanted, a) => Math.floor(extent[a]! * Math.fround(scaleFactor[a]!)) === wanted);
}

/**
 * Whether ONNX takes the same elements: where it divides by the factor, and rounds in single precision, PyTorch (and so
 * Fovea) multiplies by its reciprocal.
 */
function takesTheSame(x: TensorSpec, attrs: InterpolateAttrs): boolean {
  const { size, scaleFactor } = attrs;
  return factors(x, attrs).every((factor, a) => {
    const extent = x.shape[x.shape.length - size.length + a]!;
    const step = Math.fround(scaleFactor ? 1 / factor : extent / size[a]!);
    return Array.from({ length: size[a]! }, (_, o) => o).every((o) => {
      const own = Math.min(Math.floor(Math.fround(o * step)), extent - 1);
      const theirs = Math.min(Math.floor(Math.fround(o / Math.fround(factor))), extent - 1);
      return own === theirs;
    });
  });
}

function resize({ inputs: [x], attrs, output }: Operation<InterpolateAttrs>, graph: OnnxGraph): string {
  const { size, linear, alignCorners, scaleFactor } = attrs;
  const rank = output.shape.length;
  const axes = size.map((_, a) => rank - size.length + a);
  const mode = linear
    ? {
        mode: "linear",
        coordinate_transformation_mode: alignCorners ? "align_corners" : "half_pixel",
      }
    : { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
  // Aligned corners need no factor, and runtimes differ in the last one's place where the size was rounded.
  const given =
    scaleFactor && !alignCorners
      ? [graph.constant(hostTensor(scaleFactor, [scaleFactor.length], "float32"))]
      : ["", graph.int64s(size)];
  return graph.add("Resize", [x!.name, "", ...given], { ...mode, axes });
}

/** A band is written out as a matrix of at most so many elements. */
const largestMatrix = 2 ** 16;

/** A banded matrix times every line of x along the axis. */
function resample({ inputs: [x], attrs, output }: Operation<ResampleAttrs>, graph: OnnxGraph): string {
  const { axis, extent, start, weights } = attrs;
  const matrix = new Float64Array(start.length * extent);
  weights.forEach((row, o) => {
    row.forEach((weight, k) => {
      matrix[o * extent + start[o]! + k] = weight;
    });
  });
  const rows = graph.constant(hostTensor(matrix, [start.length, extent], output.dtype));
  if (axis === x!.shape.length - 1 && axis > 0) {
    return graph.add("MatMul", [x!.name, graph.add("Transpose", [rows], { perm: [1, 0] })]);
  }
  if (axis === x!.shape.length - 2) return graph.add("MatMul", [rows, x!.name]);
  const inner = sizeOf(x!.shape.slice(axis + 1));
  const columns = graph.reshape(x!.name, [...x!.dims.slice(0, axis + 1), inner]);
  return graph.reshape(graph.add("MatMul", [rows, columns]), output.dims);
}

export const resizeTranslations: Translations = {
  interpolate: {
    accepts: ([x], attrs) => givesTheSize(x!, attrs) && (attrs.linear || takesTheSame(x!, attrs)),
    translate: resize,
  },
  resample: {
    accepts: (_, { extent, start }) => start.length * extent <= largestMatrix,
    translate: resample,
  },
};
