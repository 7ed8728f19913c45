import { isInside } from "../nn/names.ts";
import type { FreezeOptions } from "../train/freezer.ts";
import { requireModel } from "./model-operand.ts";
import { flag, integer, type OptionsFor, optionalText, positive } from "./option.ts";
import { UsageError } from "./usage-error.ts";

/** What stands for the registry's own weights. */
export const publishedWeights = "published";

/** How a training starts from parameters that were trained before. */
export interface FineTuningSettings {
  /** A file, a run, or {@link publishedWeights}. */
  readonly pretrained: string | undefined;
  readonly freeze: boolean;
  readonly freezeEpochs: number | undefined;
  /** The last layer's learning rate; that of all unless told. */
  readonly headLr: number | undefined;
}

export const fineTuningOptions: OptionsFor<FineTuningSettings> = {
  pretrained: optionalText(
    "SOURCE",
    publishedWeights,
    "begins with trained parameters: of a run's folder, a file or address, a repository of the Hugging Face hub, or the " +
      "network's published ones if nothing is named; for another number of classes the last layer is a new one",
  ),
  freeze: flag("trains the last layer only; batch normalizations stay as they are, too"),
  freezeEpochs: integer("trains the last layer only for N epochs, and then all", {
    initial: undefined,
    least: 1,
    most: 1e6,
  }),
  headLr: positive("the learning rate of the last layer (default: that of all)"),
};

/** @throws UsageError for settings that do not go together. */
export function checkFineTuning(settings: FineTuningSettings, model: string): void {
  const { pretrained, freeze, freezeEpochs, headLr } = settings;
  const frozen = freeze ? "--freeze" : freezeEpochs !== undefined ? "--freeze-epochs" : undefined;
  if (frozen && pretrained === undefined) {
    throw new UsageError(`${frozen} keeps parameters that were trained: it needs --pretrained`);
  }
  if (freeze && freezeEpochs !== undefined) {
    throw new UsageError("--freeze is for all epochs, --freeze-epochs for the first ones: leave one out");
  }
  const asked = frozen ?? (headLr === undefined ? undefined : "--head-lr");
  if (asked && requireModel(model, "--model").head.length === 0) {
    throw new UsageError(`${asked} needs a network with a last layer for classes, which ${model} has not`);
  }
}

/** What does not learn. */
export function freezeOptionsOf(
  { freeze, freezeEpochs }: FineTuningSettings,
  head: readonly string[],
): FreezeOptions | undefined {
  if (!freeze && freezeEpochs === undefined) return undefined;
  return {
    where: (path) => !isInside(path, head),
    ...(freezeEpochs !== undefined && { epochs: freezeEpochs }),
  };
}
