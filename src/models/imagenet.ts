import type { Preprocessing } from "../io/preprocessing.ts";
import type { Accuracy, ModelEntry, PretrainedWeights } from "./model-entry.ts";

/** What is the same for networks that classify photographs into ImageNet's thousand classes. */
export const imagenet: Pick<ModelEntry, "task" | "inputShape" | "numClasses"> = {
  task: "classification",
  inputShape: [3, 224, 224],
  numClasses: 1000,
};

export function imagenetAccuracy(top1: number, top5: number): Accuracy {
  return { dataset: "ImageNet-1k", top1, top5 };
}

/** Means and standard deviations of ImageNet's training images, RGB in [0, 1]. */
const statistics = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/** What brings RGB from [0, 1] to [−1, 1], as some networks have it instead. */
export const spread: Pick<Preprocessing, "mean" | "std"> = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/**
 * torchvision's weights by the name of their file, whose last part is the start of its SHA-256.
 *
 * @param size extent of the crop, after the shorter side was brought to `resize`.
 */
export function torchvision(
  file: string,
  size = 224,
  resize = 256,
  interpolation: Preprocessing["interpolation"] = "bilinear",
): PretrainedWeights {
  return {
    source: `https://download.pytorch.org/models/${file}.pth`,
    preprocessing: { inputSize: [3, size, size], resize, interpolation, cropMode: "center", ...statistics },
  };
}
