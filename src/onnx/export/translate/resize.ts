import type { TensorSpec } from "../../../core/op.ts";
import { hostTensor, type OnnxGraph } from "../onnx-graph.ts";
import type { Operation, Translations } from "./translation.ts";

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
  const given = scaleFactor
    ? [graph.constant(hostTensor(scaleFactor, [scaleFactor.length], "float32"))]
    : ["", graph.int64s(size)];
  return graph.add("Resize", [x!.name, "", ...given], { ...mode, axes });
}

export const resizeTranslations: Translations = {
  interpolate: {
    accepts: ([x], attrs) => attrs.linear || takesTheSame(x!, attrs),
    translate: resize,
  },
};
