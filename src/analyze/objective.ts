import { ArgumentError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { BatchNorm } from "../nn/batch-norm.ts";
import type { Module } from "../nn/module.ts";
import { withMode } from "../nn/with-mode.ts";
import { crossEntropy } from "../ops/cross-entropy.ts";

/** Images [N, C, H, W] with labels int32 [N], or whatever else a network and a loss take. */
export type LabelledBatch = readonly [images: Tensor, labels: Tensor];

/** Whether batch normalization uses the statistics that training has left, or those of each batch. */
export type BatchNormStatistics = "running" | "batch";

/** What a network is judged by: a scalar function of its parameters. */
export interface ObjectiveOptions {
  /** The mean over a batch as a scalar; cross-entropy unless told. */
  readonly loss?: (outputs: Tensor, labels: Tensor) => Tensor;
  /** "running" unless told. */
  readonly statistics?: BatchNormStatistics;
}

export function lossOf({ loss }: ObjectiveOptions): (outputs: Tensor, labels: Tensor) => Tensor {
  return loss ?? ((outputs, labels) => crossEntropy(outputs, labels));
}

/** How many samples some batches have. @throws ArgumentError if there are none. */
export function countSamples(analysis: string, batches: readonly LabelledBatch[]): number {
  const samples = batches.reduce((total, [images]) => total + images.shape[0]!, 0);
  if (samples > 0) return samples;
  throw new ArgumentError(`${analysis}: there are no samples`);
}

/**
 * Runs `body` with the network as in use: no dropout, and batch normalization with the chosen statistics.
 *
 * @throws ArgumentError for the batch's statistics if no layer is a batch normalization.
 */
export function withStatistics<R>(
  model: Module,
  statistics: BatchNormStatistics = "running",
  body: () => Promise<R>,
): Promise<R> {
  return withMode(model, false, () => {
    if (statistics === "batch") {
      const layers = [...model.namedModules().values()].filter((module) => module instanceof BatchNorm);
      if (layers.length === 0) {
        throw new ArgumentError('statistics: "batch" is for networks with layers of batch normalization');
      }
      for (const layer of layers) layer.train();
    }
    return body();
  });
}
