import { type Tensor, tensor } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Batch } from "../data/loader.ts";

/** A batch as images (N, C, H, W) and labels (N, …). */
export function batchTensors(batch: Batch, dataset: Dataset): { images: Tensor; labels: Tensor } {
  return {
    images: tensor(batch.images, { shape: batch.shape }),
    labels: tensor(batch.labels, { shape: [batch.size, ...dataset.targetShape] }),
  };
}
