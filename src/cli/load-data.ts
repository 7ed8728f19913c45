import { existsSync } from "node:fs";
import { suggestion } from "../core/nearest.ts";
import { cifar10 } from "../data/cifar.node.ts";
import type { Dataset } from "../data/dataset.ts";
import { digits } from "../data/digits.ts";
import { type ImageFolderOptions, imageFolder } from "../data/image-folder.node.ts";
import { fashionMnist, mnist } from "../data/mnist.node.ts";
import type { TrainTest } from "../data/mnist.ts";
import { foldersIn } from "../io/image-files.node.ts";
import { UsageError } from "./usage-error.ts";

export interface DataSettings {
  /** digits, mnist, fashion-mnist, cifar10 or a folder. */
  readonly data: string;
  /** How many images to train with; all unless told. */
  readonly limit?: number | undefined;
  readonly testLimit?: number | undefined;
}

/** Digits to train with and to test with have seeds of their own, as published data sets have files of their own. */
const digitSeeds = { train: 0, test: 1 } as const;

/** `trainLength` keeps a set from reading files that it does not need. */
type Load = (options: { signal?: AbortSignal; trainLength?: number }) => Promise<TrainTest>;
/** The data sets that lie in files of their own form. */
export const published: Readonly<Record<string, Load>> = { mnist, "fashion-mnist": fashionMnist, cifar10 };
const names = ["digits", ...Object.keys(published)];

export interface DataOptions {
  /** What is made of photographs. */
  readonly photographs: ImageFolderOptions;
  readonly signal?: AbortSignal;
}

/** Whether the data is a folder with a folder of photographs for each class. */
export async function isImageFolder(data: string): Promise<boolean> {
  return !names.includes(data) && existsSync(data) && (await foldersIn(data)).length > 0;
}

/** @throws UsageError for a name that is none, too few classes, or a limit beyond what there is. */
export async function loadData(settings: DataSettings, options: DataOptions): Promise<TrainTest> {
  const { data, limit, testLimit } = settings;
  if (data === "digits") {
    return {
      train: digits({ seed: digitSeeds.train, endless: true, ...(limit && { length: limit }) }),
      test: digits({ seed: digitSeeds.test, length: testLimit ?? 10_000 }),
    };
  }
  const photographs = await isImageFolder(data);
  const { train, test } = await (photographs
    ? loadPhotographs(data, options.photographs)
    : loadFiles(data, {
        ...(limit && { trainLength: limit }),
        ...(options.signal && { signal: options.signal }),
      }));
  // Photographs stand in the order of their classes.
  const take = photographs ? drawn : first;
  return {
    train: limited(train, limit, "--limit", take),
    test: limited(test, testLimit, "--test-limit", take),
  };
}

function loadFiles(data: string, options: Parameters<Load>[0]): Promise<TrainTest> {
  const load = Object.hasOwn(published, data) ? published[data] : undefined;
  if (load) return load(options);
  if (existsSync(data)) return mnist({ dir: data });
  throw new UsageError(
    `--data must be ${names.join(", ")} or a folder, and there is no folder "${data}"${suggestion(data, names)}`,
  );
}

async function loadPhotographs(data: string, options: ImageFolderOptions): Promise<TrainTest> {
  const { train, test } = await imageFolder(data, options);
  const { classes } = train;
  if (classes.length < 2) {
    throw new UsageError(`--data ${data}: one class ("${classes[0]}") leaves nothing to tell apart`);
  }
  for (const [part, { length }] of Object.entries({ train, test })) {
    if (length === 0) throw new UsageError(`--data ${data}: there are too few images to ${part} with`);
  }
  return { train, test };
}

const first = (dataset: Dataset, count: number): Dataset => dataset.subset({ end: count });
const drawn = (dataset: Dataset, count: number): Dataset => dataset.split(count / dataset.length)[0];

function limited(dataset: Dataset, limit: number | undefined, name: string, take: typeof first): Dataset {
  if (limit === undefined) return dataset;
  if (limit > dataset.length) {
    throw new UsageError(`${name} must be at most ${dataset.length}, which is all images, but is "${limit}"`);
  }
  return take(dataset, limit);
}
