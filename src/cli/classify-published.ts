import { existsSync } from "node:fs";
import type { ImageShape } from "../data/source.ts";
import { isAddress, isWeightFile, repositoryOf } from "../io/weights/weight-files.ts";
import { holdsWeights } from "../io/weights/weights.node.ts";
import { loadPretrained } from "../models/load-pretrained.ts";
import { findEntry } from "../models/registry.ts";
import type { ClassifySource } from "./classify-source.ts";
import { preparedBy } from "./preparation-options.ts";
import { runsFolder } from "./saved-run.ts";
import { usualPreprocessing } from "./usual-preprocessing.ts";

/**
 * Published weights: a network of the registry that has them, a repository of the Hugging Face hub, an address, a file
 * or a folder with `model.safetensors`.
 */
export const published: ClassifySource = {
  has: (name) => {
    if (isAddress(name) || isWeightFile(name)) return true;
    if (existsSync(name)) return holdsWeights(name);
    if (findEntry(name)?.weights !== undefined) return true;
    // A path with a mistake in it is no repository.
    const [owner] = repositoryOf(name)?.split("/") ?? [];
    return owner !== undefined && owner !== runsFolder && !existsSync(owner);
  },
  open: async (name, values, transfer) => {
    const { model, entry, preprocessing, labels } = await loadPretrained(
      name,
      values.architecture === undefined ? transfer : { ...transfer, architecture: values.architecture },
    );
    const own = preprocessing ?? usualPreprocessing(entry.inputShape as ImageShape);
    return { ...preparedBy(values, own), model, labels };
  },
};
