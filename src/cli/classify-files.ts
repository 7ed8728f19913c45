import { ArgumentError, FileError, FoveaError } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import { normalizeBytes } from "../data/preprocess.ts";
import { decodeImage } from "../io/decode-image.ts";
import { isFolder, readFile } from "../io/files.node.ts";
import { imageFilesIn } from "../io/image-files.node.ts";
import { Classifier, type RankedClass } from "./classifier.ts";
import type { ClassifyingModel } from "./classifying-model.ts";

/** What is known about one file. */
export type Classification = Classified | Unclassified;

export interface Classified {
  readonly file: string;
  /** What the network saw, (C, H, W). */
  readonly bytes: Uint8Array;
  /** From the most to the least probable. */
  readonly ranked: readonly RankedClass[];
}

export interface Unclassified {
  readonly file: string;
  readonly error: string;
}

/** The files that operands mean, where a folder means the images in it. @throws FileError for a folder without. */
export async function expandFolders(
  operands: readonly string[],
): Promise<{ files: readonly string[]; folders: boolean }> {
  let folders = false;
  const expanded = operands.map(async (path) => {
    if (!(await isFolder(path))) return [path];
    folders = true;
    const files = await imageFilesIn(path);
    if (files.length === 0) throw new FileError(path, "has no images: JPEG, PNG, PGM or PPM");
    return files;
  });
  return { files: (await Promise.all(expanded)).flat(), folders };
}

/** Classifies files in their order, `batch` at a time; one that cannot be used has an error in its place. */
export async function* classifyFiles(
  files: readonly string[],
  network: ClassifyingModel,
  batch: number,
): AsyncGenerator<Classification, void, undefined> {
  const classifier = new Classifier(network.model);
  const pixels = sizeOf(network.imageShape);
  for (let start = 0; start < files.length; start += batch) {
    const seen: (Unclassified | { readonly file: string; readonly bytes: Uint8Array })[] = [];
    for (const file of files.slice(start, start + batch)) seen.push(await viewFile(file, network));
    const sound = seen.flatMap((each) => ("error" in each ? [] : [each]));
    const images = new Float32Array(sound.length * pixels);
    sound.forEach(({ bytes }, i) => {
      images.set(normalizeBytes(bytes, network.normalization), i * pixels);
    });
    const shape = [sound.length, ...network.imageShape];
    const ranked = sound.length === 0 ? [] : await classifier.rank(images, shape);
    let next = 0;
    for (const each of seen) yield "error" in each ? each : { ...each, ranked: ranked[next++]! };
  }
}

async function viewFile(
  file: string,
  { view }: ClassifyingModel,
): Promise<Unclassified | { file: string; bytes: Uint8Array }> {
  try {
    const image = await decodeImage(await readFile(file), file);
    return { file, bytes: view(image, undefined) };
  } catch (error) {
    if (!(error instanceof FoveaError)) throw error;
    // What is wrong with an image says nothing of its file.
    return { file, error: error instanceof ArgumentError ? `${file}: ${error.message}` : error.message };
  }
}
