import { ArgumentError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import type { ImageView } from "../data/image-view.ts";
import { prepareDigit } from "../data/prepare-digit.ts";
import { isFolder } from "../io/files.node.ts";
import type { TransferOptions } from "../io/http/transfer-options.ts";
import { findEntry, listModels } from "../models/registry.ts";
import { onnxFiles } from "./classify-onnx.ts";
import { published } from "./classify-published.ts";
import type { ClassifyingModel } from "./classifying-model.ts";
import { preprocessingFor } from "./image-form.ts";
import { flagName } from "./option.ts";
import { type PreparationValues, preparationOptions, preparedBy } from "./preparation-options.ts";
import { loadTrained, openRun, type SavedRun } from "./saved-run.ts";
import { UsageError } from "./usage-error.ts";

/** What a user tells about a network and its images. */
export interface ClassifyValues extends PreparationValues {
  /** The network that a file of parameters alone is for. */
  readonly architecture: string | undefined;
}

/** One of the places that networks come from. */
export interface ClassifySource {
  /** Whether `name` means a network of this place. */
  has(name: string): boolean | Promise<boolean>;
  /** @param transfer how files are downloaded, where that is needed. */
  open(name: string, values: ClassifyValues, transfer: TransferOptions): Promise<ClassifyingModel>;
}

/** A folder that `fovea train` left. */
const runs: ClassifySource = {
  has: isFolder,
  open: async (name, values) => {
    const run = await openRun(name);
    const prepared = preparedAsTrained(run, values);
    return { ...prepared, model: await loadTrained(run), labels: run.images.classes };
  },
};

/** A network of the registry without weights, which knows nothing before it was trained. */
const untrained: ClassifySource = {
  has: (name) => findEntry(name) !== undefined,
  open: async (name) => {
    throw new UsageError(
      `--model ${name} has no published weights: name a run, such as fovea train --model ${name} leaves in runs/`,
    );
  },
};

const sources: readonly ClassifySource[] = [onnxFiles, published, runs, untrained];

/** The network that `name` means. @throws UsageError if there is none such. */
export async function openClassifyingModel(
  name: string,
  values: ClassifyValues,
  transfer: TransferOptions = {},
): Promise<ClassifyingModel> {
  for (const source of sources) if (await source.has(name)) return source.open(name, values, transfer);
  const near = suggestion(
    name,
    listModels().map((entry) => entry.name),
  );
  throw new UsageError(`--model: there is no run and no network "${name}"${near}`);
}

/** Images in the form of those that a run was trained on. */
function preparedAsTrained(
  run: SavedRun,
  values: PreparationValues,
): Pick<ClassifyingModel, "imageShape" | "view" | "normalization"> {
  const { shape: imageShape, normalization, photographs } = run.images;
  const [channels, height, width] = imageShape;
  if (height !== width) {
    throw new ArgumentError(
      `the run was trained on images of [${imageShape.join(", ")}], which are not square`,
    );
  }
  if (photographs || channels > 1) return preparedBy(values, preprocessingFor(run.images));
  const told = Object.keys(preparationOptions).find((key) => values[key as keyof PreparationValues]);
  if (told !== undefined)
    throw new UsageError(`${flagName(told)}: the run's images are prepared as digits are`);
  return { imageShape, normalization, view: digitView(run, height) };
}

/** What MNIST and its like hold; articles of clothing fill their images and stand in the middle of them. */
function digitView({ settings }: SavedRun, size: number): ImageView {
  const clothing = settings.data === "fashion-mnist";
  return (image) => prepareDigit(image, clothing ? { size, box: size, centre: "box" } : { size });
}
