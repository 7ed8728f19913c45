import { type AugmentationSettings, augmentationOptions } from "./augmentation.ts";
import { checkFineTuning, type FineTuningSettings, fineTuningOptions } from "./fine-tuning.ts";
import { requireModel, whereModelsAre } from "./model-operand.ts";
import { choice, flagName, integer, listed, type OptionsFor, positive, real, text } from "./option.ts";
import { UsageError } from "./usage-error.ts";

const optimizers = ["sgd", "adam", "adamw", "rmsprop"] as const;
const schedules = ["one-cycle", "cosine", "step", "constant"] as const;

/** What suits the optimizers where nothing is told. */
const optimizerDefaults = {
  sgd: { lr: 0.05, momentum: 0.9, weightDecay: 5e-4 },
  adam: { lr: 1e-3, momentum: undefined, weightDecay: 0 },
  adamw: { lr: 1e-3, momentum: undefined, weightDecay: 1e-2 },
  rmsprop: { lr: 5e-4, momentum: 0, weightDecay: 0 },
} as const;

/** What was trained before is changed by smaller steps: the learning rate is divided by this. */
const fineTuningDivisor = 5;

/** Digits are drawn while the training goes on, so there is a number of them to choose. */
const dataDefaults = {
  digits: { epochs: 3, limit: 20_000, testLimit: 4_000 },
  files: { epochs: 5, limit: undefined, testLimit: undefined },
} as const;

/** The settings of a training; what nobody told has its default. */
export interface TrainingSettings extends AugmentationSettings, FineTuningSettings {
  readonly model: string;
  /** digits, mnist, fashion-mnist, cifar10 or a folder. */
  readonly data: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: (typeof optimizers)[number];
  readonly lr: number;
  /** undefined where the optimizer has none. */
  readonly momentum: number | undefined;
  readonly weightDecay: number;
  readonly schedule: (typeof schedules)[number];
  /** In epochs; the schedule's own unless told. */
  readonly warmup: number | undefined;
  readonly labelSmoothing: number;
  readonly clipNorm: number | undefined;
  readonly accumulate: number;
  /** Height and width of what a network sees of photographs; the network's own unless told. */
  readonly imageSize: number | undefined;
  readonly seed: number;
  readonly patience: number | undefined;
  /** Training images in an epoch; all unless told. */
  readonly limit: number | undefined;
  readonly testLimit: number | undefined;
}

/** Those of which the default depends on others. */
type Dependent = "data" | "epochs" | "lr" | "weightDecay";

type Values = Omit<TrainingSettings, Dependent> & {
  readonly [Name in Dependent]: TrainingSettings[Name] | undefined;
};

/** The options that decide what a training computes; a run's config.json keeps them. */
export const settingOptions: OptionsFor<Values> = {
  model: {
    placeholder: "NAME",
    help: `which network (default: lenet5); ${whereModelsAre}`,
    initial: "lenet5",
    parse: requireClassifier,
  },
  data: text(
    "NAME|DIR",
    "digits (drawn by a generator, no download), mnist, fashion-mnist, cifar10, a folder with four files in MNIST's form, or " +
      "one with a folder of photographs for each class, perhaps inside of train and val (default: digits)",
  ),
  epochs: integer("passes over the training images (default: 3 for digits, else 5)", {
    initial: undefined,
    least: 1,
    most: 1e6,
  }),
  batchSize: integer("images for each gradient", { initial: 64, least: 1, most: 65_536 }),
  optimizer: choice("NAME", optimizers, "sgd", "how gradients change the parameters"),
  lr: positive(
    "the learning rate (default: 0.05 for sgd, 0.0005 for rmsprop, else 0.001; a fifth of it with --pretrained)",
  ),
  momentum: real("how much of the last update is kept, of sgd (default: 0.9) or rmsprop (default: 0)", {
    initial: undefined,
    least: 0,
    below: 1,
  }),
  weightDecay: real("pulls parameters towards zero (default: 0.0005 for sgd, 0.01 for adamw, else 0)", {
    initial: undefined,
    least: 0,
  }),
  schedule: choice(
    "NAME",
    schedules,
    "one-cycle",
    "how the learning rate changes, where step is a tenth after each third of the epochs",
  ),
  warmup: real("epochs in which the learning rate rises (default: 0 for cosine, 0.3 of all for one-cycle)", {
    initial: undefined,
    least: 0,
  }),
  labelSmoothing: real("the share of each label that is given to all classes", {
    initial: 0,
    least: 0,
    below: 1,
  }),
  clipNorm: positive("the largest norm of the gradients (default: no limit)"),
  accumulate: integer("batches for each update", { initial: 1, least: 1, most: 65_536 }),
  imageSize: integer("pixels, of height and width of photographs (default: the network's own)", {
    initial: undefined,
    least: 8,
    most: 4096,
  }),
  ...augmentationOptions,
  ...fineTuningOptions,
  seed: integer("decides the initial parameters and the order of the images", { initial: 0, least: 0 }),
  patience: integer(
    "ends after N epochs in a row without a lower loss on a tenth of the training images, which is held out for that",
    { initial: undefined, least: 1 },
  ),
  limit: integer("training images in an epoch (default: 20000 for digits, else all)", {
    initial: undefined,
    least: 1,
    most: 1e9,
  }),
  testLimit: integer("test images (default: 4000 for digits, else all)", {
    initial: undefined,
    least: 1,
    most: 1e9,
  }),
};

/** @throws UsageError for a network that does something else with images. */
function requireClassifier(value: string, name: string): string {
  const { task } = requireModel(value, name);
  if (task === "classification") return value;
  throw new UsageError(
    `${name} ${value} is a network for ${task}, but fovea train trains to classify images`,
  );
}

/**
 * Fills in defaults; other options among the values are left out.
 *
 * @throws UsageError for settings that do not go together.
 */
export function completeSettings(values: Values): TrainingSettings {
  const { data = "digits", optimizer, schedule } = values;
  const ofOptimizer = optimizerDefaults[optimizer];
  const ofData = dataDefaults[data === "digits" ? "digits" : "files"];
  if (values.momentum !== undefined && ofOptimizer.momentum === undefined) {
    throw new UsageError(`--momentum belongs to --optimizer sgd or rmsprop, not ${optimizer}`);
  }
  const rises = schedule === "one-cycle" || schedule === "cosine";
  if (values.warmup !== undefined && !rises) {
    throw new UsageError(`--warmup belongs to --schedule one-cycle or cosine, not ${schedule}`);
  }
  const epochs = values.epochs ?? ofData.epochs;
  if (
    values.warmup !== undefined &&
    (values.warmup >= epochs || (schedule === "one-cycle" && values.warmup === 0))
  ) {
    const least = schedule === "one-cycle" ? "greater than 0" : "at least 0";
    throw new UsageError(
      `--warmup must be ${least} and less than the ${epochs} epochs, but is "${values.warmup}"`,
    );
  }
  checkFineTuning(values, values.model);
  const own = Object.keys(settingOptions).map((name) => [name, values[name as keyof Values]]);
  return {
    ...(Object.fromEntries(own) as Values),
    data,
    epochs,
    lr: values.lr ?? ofOptimizer.lr / (values.pretrained === undefined ? 1 : fineTuningDivisor),
    momentum: values.momentum ?? ofOptimizer.momentum,
    weightDecay: values.weightDecay ?? ofOptimizer.weightDecay,
    limit: values.limit ?? ofData.limit,
    testLimit: values.testLimit ?? ofData.testLimit,
  };
}

/** Reads settings back from JSON. @throws UsageError that names the field. */
export function parseSettings(json: Readonly<Record<string, unknown>>): TrainingSettings {
  const unknown = Object.keys(json).filter((field) => !(field in settingOptions));
  if (unknown.length > 0) throw new UsageError(`there is no setting "${unknown[0]}"`);
  const values = Object.entries(settingOptions).map(([field, option]) => {
    const value = json[field];
    if (value === undefined) return [field, option.initial];
    if (option.placeholder === undefined) {
      if (typeof value !== "boolean") throw new UsageError(`${field} must be true or false`);
      return [field, value];
    }
    const listed =
      Array.isArray(value) && value.length > 1 && value.every((item) => typeof item === "number");
    if (typeof value !== "string" && typeof value !== "number" && !listed) {
      throw new UsageError(`${field} must be a text or a number`);
    }
    return [field, option.parse(String(value), field)];
  });
  return completeSettings(Object.fromEntries(values) as Values);
}

/** @throws UsageError if one of the settings was given that a run to go on with has already. */
export function refuseSettings(given: ReadonlySet<string>, allowed: readonly string[]): void {
  const refused = Object.keys(settingOptions).filter((name) => given.has(name) && !allowed.includes(name));
  if (refused.length === 0) return;
  const names = listed(refused.map(flagName)).replace(" or ", " and ");
  throw new UsageError(`--resume takes its settings from the run: leave out ${names}`);
}
