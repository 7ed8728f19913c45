import { ArgumentError, FileError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { ImageShape } from "../data/source.ts";
import { importOnnx } from "../onnx/import/import-onnx.ts";
import type { OnnxModel } from "../onnx/import/onnx-model.ts";
import type { OnnxFile } from "../onnx/import/parse-onnx.ts";
import { readOnnx } from "../onnx/read-onnx.node.ts";
import type { ClassifySource } from "./classify-source.ts";
import { type ImageForm, preprocessingFor, readImageForm } from "./image-form.ts";
import { type PreparationValues, preparedBy } from "./preparation-options.ts";
import { usualPreprocessing } from "./usual-preprocessing.ts";

/** The side of an input that a file leaves open. */
const usualSide = 224;

/**
 * An ONNX file, which says what size its images have.
 *
 * How they are prepared, and what the classes are called, only those say that `fovea export` wrote; for others images
 * are prepared as ImageNet's usually are, unless options tell otherwise.
 */
export const onnxFiles: ClassifySource = {
  has: isOnnx,
  open: async (name, values) => {
    const file = await readOnnx(name);
    const model = importOnnx(file);
    const imageShape = imageShapeOf(model, name, values);
    const told = imageFormIn(file, imageShape);
    const own = told ? preprocessingFor(told) : usualPreprocessing(imageShape);
    return { ...preparedBy(values, own), model, labels: told?.classes };
  },
};

export function isOnnx(name: string): boolean {
  return name.toLowerCase().endsWith(".onnx");
}

/** What the only input takes, without the batch; extents that the file leaves open are 3 channels and `size` or 224. */
export function inputShapeOf({ inputs }: OnnxModel, name: string, size: number = usualSide): Shape {
  const [input, ...others] = inputs;
  if (!input?.shape || input.shape.length === 0 || others.length > 0) {
    throw new FileError(
      name,
      `takes ${inputs.map((each) => each.name).join(", ")}, not one tensor of a known shape`,
    );
  }
  return input.shape.slice(1).map((extent, axis) => {
    if (typeof extent === "number" && extent > 0) return extent;
    return axis === 0 ? 3 : size;
  });
}

/** What `fovea export` wrote about images; in files of others the same keys may mean anything. */
function imageFormIn({ file, metadata }: OnnxFile, shape: ImageShape): ImageForm | undefined {
  try {
    const [classes, normalization, photographs] = ["classes", "normalization", "photographs"].map((key) => {
      const json = metadata.get(key);
      return json === undefined ? undefined : (JSON.parse(json) as unknown);
    });
    return readImageForm(
      { shape, classes, normalization, ...(photographs !== undefined && { photographs }) },
      file,
    );
  } catch {
    return undefined;
  }
}

/** The images that the only input takes. @throws FileError if it takes no images of 1 or 3 channels. */
function imageShapeOf({ inputs }: OnnxModel, name: string, { size }: PreparationValues): ImageShape {
  const [input, ...others] = inputs;
  const { shape } = input ?? {};
  if (!input || others.length > 0 || shape?.length !== 4) {
    const list = inputs.map((each) => `${each.name} [${each.shape?.map((n) => n ?? "?").join(", ") ?? "…"}]`);
    throw new FileError(name, `takes no batch of images, (N, C, H, W), but ${list.join(", ") || "nothing"}`);
  }
  const known = (axis: number, otherwise: number): number => {
    const extent = shape[axis];
    return typeof extent === "number" && extent > 0 ? extent : otherwise;
  };
  const side = size ?? usualSide;
  const imageShape: ImageShape = [known(1, 3), known(2, side), known(3, side)];
  if (imageShape[0] !== 1 && imageShape[0] !== 3) {
    throw new FileError(name, `takes images of ${imageShape[0]} channels`);
  }
  if (imageShape[1] !== imageShape[2]) {
    throw new ArgumentError(`${name}: takes images of [${imageShape.join(", ")}], which are not square`);
  }
  return imageShape;
}
