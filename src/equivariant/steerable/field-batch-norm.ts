import type { Tensor } from "../../core/tensor.ts";
import type { BatchNormOptions } from "../../nn/batch-norm.ts";
import { BatchNorm2d } from "../../nn/batch-norm2d.ts";
import { Module } from "../../nn/module.ts";
import { requireRank } from "../../nn/require-rank.ts";
import { showArguments } from "../../nn/show-arguments.ts";
import { expand } from "../../ops/expand.ts";
import { zeros } from "../../ops/like.ts";
import { concat, reshape, unsqueeze } from "../../ops/movement.ts";
import type { FieldType, Run } from "./field-type.ts";
import { overRuns } from "./over-runs.ts";
import type { SecondMomentNorm } from "./second-moment-norm.ts";

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
    return overRuns(layer, this.inType, x, (fields, _, run) => {
      const [batch, count, size, height, width] = fields.shape as [number, number, number, number, number];
      const wide = reshape(fields, [batch, count, size * height, width]);
      return reshape(this.norms[run]!.forward(wide), fields.shape);
    });
  }

  /** An ordinary batch normalization with the same output in evaluation. */
  toPlain(): BatchNorm2d {
    const plain = new BatchNorm2d(this.inType.channels, this.options);
    for (const name of ["weight", "bias", "runningMean", "runningVar"] as const) {
      const runs = this.inType.runs.map(({ fields, representation }, run) => {
        const norm = this.norms[run]!;
        const values = name in norm ? (norm as BatchNorm2d)[name]?.value : undefined;
        return overChannels(values ?? zeros([fields]), representation.size);
      });
      plain[name]?.assign(concat(runs));
    }
    return plain;
  }

  protected override settings(): string {
    return `${this.inType}${showArguments(this.options) && `, ${showArguments(this.options)}`}`;
  }
}

/** One value for each field, repeated for its channels: [F] → [F·size]. */
function overChannels(values: Tensor, size: number): Tensor {
  const [fields] = values.shape as [number];
  return reshape(expand(unsqueeze(values, 1), [fields, size]), [fields * size]);
}
