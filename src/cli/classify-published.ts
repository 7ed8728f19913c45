import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ImageShape } from "../data/source.ts";
import { loadPretrained } from "../models/load-pretrained.ts";
import { listModels } from "../models/registry.ts";
import type { ClassifySource } from "./classify-source.ts";
import { preparedBy } from "./preparation-options.ts";
import { weightFile } from "./pretrained.ts";
import { runsFolder } from "./saved-run.ts";
import { usualPreprocessing } from "./usual-preprocessing.ts";

/**
 * Published weights: a network of the registry that has them, a repository of the Hugging Face hub, an address, a file
 * or a folder with `model.safetensors`.
 */
export const published: ClassifySource = {
  has: (name) => {
    if (/^https?:\/\//.test(name) || weightFile.test(name)) return true;
    if (existsSync(name))
      return ["model.safetensors", "pytorch_model.bin"].some((file) => existsSync(join(name, file)));
    if (listModels().some((entry) => entry.name === name && entry.weights !== undefined)) return true;
    // A path with a mistake in it is no repository.
    const [owner] = name.split("/");
    return /^[\w-][\w.-]*\/[\w.-]+$/.test(name) && owner !== runsFolder && !existsSync(owner!);
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
