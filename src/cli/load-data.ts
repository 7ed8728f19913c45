import { existsSync } from "node:fs";
import { cifar10 } from "../data/cifar.node.ts";
import type { Dataset } from "../data/dataset.ts";
import { digits } from "../data/digits.ts";
import { fashionMnist, mnist } from "../data/mnist.node.ts";
import type { TrainTest } from "../data/mnist.ts";
import { suggestion } from "./nearest.ts";
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

const published = { mnist, "fashion-mnist": fashionMnist, cifar10 } as const;
const names = ["digits", ...Object.keys(published)];

/** @throws UsageError for a name that is none, or a limit beyond what there is. */
export async function loadData(settings: DataSettings, signal?: AbortSignal): Promise<TrainTest> {
  const { data, limit, testLimit } = settings;
  if (data === "digits") {
    return {
      train: digits({ seed: digitSeeds.train, endless: true, ...(limit && { length: limit }) }),
      test: digits({ seed: digitSeeds.test, length: testLimit ?? 10_000 }),
    };
  }
  const { train, test } = await loadFiles(data, signal);
  return { train: limited(train, limit, "--limit"), test: limited(test, testLimit, "--test-limit") };
}

function loadFiles(data: string, signal: AbortSignal | undefined): Promise<TrainTest> {
  if (data in published) return published[data as keyof typeof published](signal ? { signal } : {});
  if (existsSync(data)) return mnist({ dir: data });
  throw new UsageError(
    `--data must be ${names.join(", ")} or a folder, and there is no folder "${data}"${suggestion(data, names)}`,
  );
}

function limited(dataset: Dataset, limit: number | undefined, name: string): Dataset {
  if (limit === undefined) return dataset;
  if (limit > dataset.length) {
    throw new UsageError(`${name} must be at most ${dataset.length}, which is all images, but is "${limit}"`);
  }
  return dataset.subset({ end: limit });
}
