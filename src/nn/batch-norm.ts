import { ShapeError } from "../core/errors.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { Variable } from "../core/variable.ts";
import { add, div, mul, sub } from "../ops/arithmetic.ts";
import { batchNorm, batchNormInference, batchStatistics } from "../ops/batch-norm.ts";
import { cast } from "../ops/like.ts";
import { channelAffine } from "./channel-affine.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";
import { requireCount } from "./require-count.ts";
import { showArguments } from "./show-arguments.ts";

export interface BatchNormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** Weight of the newest batch in the running statistics, default 0.1; null for the mean over all batches so far. */
  readonly momentum?: number | null;
  /** Whether there are learned factors and summands; default true. */
  readonly affine?: boolean;
  /** Whether statistics are kept for evaluation; default true. Without, every batch is normalized by its own. */
  readonly trackRunningStats?: boolean;
}

/**
 * What the batch normalizations share: (x − μ)/√(σ² + eps) · weight + bias for each channel.
 *
 * In training μ and σ² are the batch's (σ² biased), and the running statistics follow them, r ← (1 − m)·r + m·s, with
 * the unbiased variance. In evaluation they are the running ones.
 *
 * Ioffe, Szegedy: Batch Normalization (2015), algorithms 1 and 2.
 */
export abstract class BatchNorm extends Module {
  /** [numFeatures], ones at first. */
  readonly weight: Parameter | undefined;
  /** [numFeatures], zeros at first. */
  readonly bias: Parameter | undefined;
  /** [numFeatures], zeros at first. */
  readonly runningMean: Variable | undefined;
  /** [numFeatures], ones at first. */
  readonly runningVar: Variable | undefined;
  /** How many batches the running statistics have seen. */
  readonly numBatchesTracked: Variable | undefined;
  readonly numFeatures: number;
  readonly options: BatchNormOptions;

  protected constructor(layer: string, numFeatures: number, options: BatchNormOptions) {
    super();
    requireCount(layer, "numFeatures", numFeatures);
    this.numFeatures = numFeatures;
    this.options = options;
    const { affine = true, trackRunningStats = true } = options;
    if (affine) ({ weight: this.weight, bias: this.bias } = channelAffine(numFeatures));
    if (trackRunningStats) {
      this.runningMean = buffer(tensor(new Float32Array(numFeatures)));
      this.runningVar = buffer(tensor(new Float32Array(numFeatures).fill(1)));
      this.numBatchesTracked = buffer(tensor(0, { dtype: "int32" }));
    }
  }

  protected normalize(x: Tensor): Tensor {
    const { weight, bias, options, runningMean, runningVar } = this;
    const affine = { ...(weight && bias && { weight, bias }), eps: options.eps ?? 1e-5 };
    if (x.shape[1] !== this.numFeatures) {
      throw new ShapeError("batchNorm", `input has ${x.shape[1]} channels, not ${this.numFeatures}`, {
        x: x.shape,
      });
    }
    if (!this.training && runningMean && runningVar) {
      return batchNormInference(x, { mean: runningMean, variance: runningVar }, affine);
    }
    const y = batchNorm(x, affine);
    if (this.training) this.#follow(x);
    return y;
  }

  #follow(x: Tensor): void {
    const { runningMean, runningVar, numBatchesTracked, numFeatures } = this;
    if (!runningMean || !runningVar || !numBatchesTracked) return;
    const { mean, variance } = batchStatistics(x);
    const count = x.size / numFeatures;
    const seen = add(numBatchesTracked, 1);
    const { momentum = 0.1 } = this.options;
    const share = momentum ?? div(1, cast(seen, "float32"));
    const follow = (running: Variable, next: Tensor): void =>
      running.assign(add(running, mul(sub(next, running), share)));
    follow(runningMean, mean);
    follow(runningVar, mul(variance, count / (count - 1)));
    numBatchesTracked.assign(seen);
  }

  protected override settings(): string {
    return showArguments(this.numFeatures, this.options);
  }
}

function buffer(value: Tensor): Variable {
  return new Variable(value, { trainable: false });
}
