import type { Tensor } from "../../core/tensor.ts";
import type { BatchNormOptions } from "../../nn/batch-norm.ts";
import { BatchNorm2d } from "../../nn/batch-norm2d.ts";
import { Module } from "../../nn/module.ts";
import { requireRank } from "../../nn/require-rank.ts";
import { showArguments } from "../../nn/show-arguments.ts";
import { batchNormInference } from "../../ops/batch-norm.ts";
import { expand } from "../../ops/expand.ts";
import { full } from "../../ops/like.ts";
import { concat, reshape, unsqueeze } from "../../ops/movement.ts";
import type { FieldType, Run } from "./field-type.ts";
import { overRuns } from "./over-runs.ts";
import type { SecondMomentNorm } from "./second-moment-norm.ts";

const state = ["weight", "bias", "runningMean", "runningVar"] as const;

/** What normalizations of fields share: one layer for each run of fields, over the batch, the field's channels and space. */
export abstract class FieldBatchNorm extends Module {
  /** One for each run of equal fields; its features are the fields. */
  readonly norms: readonly (BatchNorm2d | SecondMomentNorm)[];
  readonly inType: FieldType;
  readonly outType: FieldType;
  readonly options: BatchNormOptions;

  protected constructor(
    type: FieldType,
    options: BatchNormOptions,
    normOf: (run: Run) => BatchNorm2d | SecondMomentNorm,
  ) {
    super();
    this.inType = type;
    this.outType = type;
    this.options = options;
    this.norms = type.runs.map(normOf);
  }

  override forward(x: Tensor): Tensor {
    const layer = this.constructor.name;
    requireRank(layer, x, [4], "[N, C, H, W]");
    const { trackRunningStats = true, eps = 1e-5 } = this.options;
    if (!this.training && trackRunningStats) {
      this.inType.requireInput(layer, x);
      const [mean, variance] = [this.#overChannels("runningMean"), this.#overChannels("runningVar")];
      const affine = { weight: this.#overChannels("weight"), bias: this.#overChannels("bias") };
      return batchNormInference(x, { mean, variance }, { ...affine, eps });
    }
    return overRuns(layer, this.inType, x, (fields, _, run) => {
      const [batch, count, size, height, width] = fields.shape as [number, number, number, number, number];
      const wide = reshape(fields, [batch, count, size * height, width]);
      return reshape(this.norms[run]!.forward(wide), fields.shape);
    });
  }

  /** An ordinary batch normalization with the same output in evaluation. */
  toPlain(): BatchNorm2d {
    const plain = new BatchNorm2d(this.inType.channels, this.options);
    for (const name of state) plain[name]?.assign(this.#overChannels(name));
    return plain;
  }

  /** One value for each field, repeated for its channels: [channels]. What a layer does not have changes nothing. */
  #overChannels(name: (typeof state)[number]): Tensor {
    const runs = this.inType.runs.map(({ fields, representation: { size } }, run) => {
      const values = (this.norms[run] as Partial<Pick<BatchNorm2d, (typeof state)[number]>>)[name];
      const own = values?.value ?? full([fields], name === "weight" ? 1 : 0);
      return reshape(expand(unsqueeze(own, 1), [fields, size]), [fields * size]);
    });
    return runs.length === 1 ? runs[0]! : concat(runs);
  }

  protected override settings(): string {
    return `${this.inType}${showArguments(this.options) && `, ${showArguments(this.options)}`}`;
  }
}
