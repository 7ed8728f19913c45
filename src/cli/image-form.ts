import { FileError } from "../core/errors.ts";
import type { Dataset } from "../data/dataset.ts";
import { checkNormalization, type Normalization } from "../data/normalization.ts";
import type { ImageShape } from "../data/source.ts";
import { cropModes, interpolations, type Preprocessing } from "../io/preprocessing.ts";

/** What the images of a run are like: whatever is needed to use its network on others. */
export interface ImageForm {
  readonly shape: ImageShape;
  readonly classes: readonly string[];
  readonly normalization: Normalization;
  /** How photographs come to this shape; undefined where the data has it already. */
  readonly photographs?: Pick<Preprocessing, "resize" | "interpolation" | "cropMode">;
}

export function imageFormOf(
  { imageShape, classes, normalization }: Dataset,
  preprocessing?: Preprocessing,
): ImageForm {
  const form = { shape: imageShape, classes, normalization };
  if (preprocessing === undefined) return form;
  const { resize, interpolation, cropMode } = preprocessing;
  return { ...form, photographs: { resize, interpolation, cropMode } };
}

/** How photographs become what the network of a run takes; all of the middle where it was trained on other data. */
export function preprocessingFor({ shape, normalization, photographs }: ImageForm): Preprocessing {
  const whole = {
    resize: Math.max(shape[1], shape[2]),
    interpolation: "bilinear",
    cropMode: "center",
  } as const;
  return { inputSize: shape, ...normalization, ...(photographs ?? whole) };
}

/** @param file what an error names. @throws FileError that names the field which is not what it must be. */
export function readImageForm(images: unknown, file: string): ImageForm {
  const need = (holds: boolean, problem: string): void => {
    if (!holds) throw new FileError(file, problem);
  };
  need(isRecord(images), "images is no record");
  const { shape, classes, normalization } = images as Record<string, unknown>;
  const extents = isListOf(shape, (extent) => Number.isSafeInteger(extent) && (extent as number) > 0);
  need(extents && (shape as unknown[]).length === 3, "images.shape is no [channels, height, width]");
  const named = isListOf(classes, (name) => typeof name === "string");
  need(named && (classes as unknown[]).length > 0, "images.classes is no list of names");
  const { mean, std } = isRecord(normalization) ? normalization : {};
  const isNumber = (value: unknown): boolean => typeof value === "number";
  const scaled = isListOf(mean, isNumber) && isListOf(std, isNumber);
  need(scaled, "images.normalization has no lists mean and std");
  const { photographs } = images as Record<string, unknown>;
  const { resize, interpolation, cropMode } = isRecord(photographs) ? photographs : {};
  const prepared =
    Number.isSafeInteger(resize) &&
    (resize as number) > 0 &&
    interpolations.some((each) => each === interpolation) &&
    cropModes.some((each) => each === cropMode);
  need(
    photographs === undefined || prepared,
    "images.photographs has no valid resize, interpolation and cropMode",
  );
  const form = images as ImageForm;
  try {
    checkNormalization(form.normalization, form.shape[0]);
  } catch (cause) {
    throw new FileError(file, `images: ${(cause as Error).message}`, undefined, { cause });
  }
  return form;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isListOf(value: unknown, holds: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(holds);
}
