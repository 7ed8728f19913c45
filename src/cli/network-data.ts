import { join } from "node:path";
import type { BatchNormStatistics, LabelledBatch } from "../analyze/objective.ts";
import { Tensor, tensor } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import { Random } from "../data/random.ts";
import { isFile } from "../io/files.node.ts";
import type { Preprocessing } from "../io/preprocessing.ts";
import { loadData } from "./load-data.ts";
import type { Network } from "./network-operand.ts";
import { choice, integer, type OptionsFor, text } from "./option.ts";
import { configName, openRun } from "./saved-run.ts";
import { UsageError } from "./usage-error.ts";
import { usualPreprocessing } from "./usual-preprocessing.ts";

const parts = ["train", "test"] as const;
const kinds = ["running", "batch"] as const;

interface NetworkDataValues {
  readonly data: string | undefined;
  readonly part: (typeof parts)[number];
  readonly limit: number;
  readonly batchSize: number;
  readonly statistics: BatchNormStatistics;
}

/** Options of every command that judges a network as a function of its parameters. */
export const networkDataOptions: OptionsFor<NetworkDataValues> = {
  data: text(
    "NAME|DIR",
    "digits, mnist, fashion-mnist, cifar10, a folder of photographs, or noise with random labels (default: what the " +
      "run was trained on)",
  ),
  part: choice("PART", parts, "train", "which images"),
  limit: integer("images, the first ones", { initial: 1000, least: 1, most: 1e9 }),
  batchSize: integer("images at a time", { initial: 250, least: 1, most: 65_536 }),
  statistics: choice(
    "KIND",
    kinds,
    "running",
    "what batch normalization takes, those of the training or each batch's own",
  ),
};

export interface NetworkData {
  readonly data: string;
  readonly images: number;
  readonly batches: readonly LabelledBatch[];
}

/**
 * Images with labels that a network can be judged by, all in memory.
 *
 * @throws UsageError where there are none such for this network.
 */
export async function readBatches(
  network: Network,
  values: NetworkDataValues & { readonly seed: number },
  signal: AbortSignal | undefined,
): Promise<NetworkData> {
  const { name, imageShape } = network;
  const { part, limit, batchSize, seed } = values;
  const stop = signal ? { signal } : {};
  const data = values.data ?? (await trainedOn(name));
  const classes = countClasses(network);
  if (data === "noise")
    return { data, images: limit, batches: noise(network, classes, limit, batchSize, seed) };
  const preprocessing: Preprocessing = { ...usualPreprocessing(imageShape), ...network.normalization };
  const settings = part === "train" ? { data, limit } : { data, testLimit: limit };
  const loaded = await loadData(settings, { photographs: { preprocessing, seed }, ...stop });
  requireFit(loaded[part], network, data, classes);
  // Random parameters know nothing of a scale, so that images keep their data set's.
  const dataset = network.trained ? loaded[part].normalized(network.normalization) : loaded[part];
  const batches: LabelledBatch[] = [];
  for await (const [images, labels] of dataset.batches(batchSize, stop)) batches.push([images!, labels!]);
  return { data, images: dataset.length, batches };
}

async function trainedOn(name: string): Promise<string> {
  if (await isFile(join(name, configName))) return (await openRun(name)).settings.data;
  throw new UsageError(`${name} does not say what it was trained on: name images by --data`);
}

/** How many classes the network tells apart. */
function countClasses({ name, model, imageShape }: Network): number {
  const { shape } = model.forward(Tensor.input({ shape: [1, ...imageShape], dtype: "float32" }));
  if (shape.length === 2) return shape[1]!;
  throw new UsageError(`${name} gives [${shape.join(", ")}] for an image, which are no scores of classes`);
}

function requireFit(dataset: Dataset, { name, imageShape }: Network, data: string, classes: number): void {
  const shape = dataset.imageShape;
  if (shape.join() !== imageShape.join()) {
    throw new UsageError(
      `--data ${data} has images of [${shape.join(", ")}], but ${name} takes [${imageShape.join(", ")}]`,
    );
  }
  if (dataset.classes.length > classes) {
    throw new UsageError(
      `--data ${data} has ${dataset.classes.length} classes, but ${name} tells ${classes} apart`,
    );
  }
}

function noise(
  { imageShape }: Network,
  classes: number,
  count: number,
  size: number,
  seed: number,
): LabelledBatch[] {
  const random = new Random(seed, "noise");
  return Array.from({ length: Math.ceil(count / size) }, (_, i): LabelledBatch => {
    const shape = [Math.min(size, count - i * size), ...imageShape];
    const pixels = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
    const labels = Int32Array.from({ length: shape[0]! }, () => random.below(classes));
    return [tensor(pixels, { shape }), tensor(labels)];
  });
}
