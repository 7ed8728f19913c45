import { join } from "node:path";
import { cacheFolder } from "../core/cache-folder.node.ts";
import { FileError } from "../core/errors.ts";
import { readFile } from "../io/files.node.ts";
import { download } from "../io/http/download.node.ts";
import { findFile, searchedFolders } from "./find-file.node.ts";
import type { NamedBytes } from "./idx-dataset.ts";
import {
  fashionMnistSpec,
  type MnistFiles,
  type MnistSpec,
  mnistSpec,
  type PublishedFile,
  parseMnist,
  type TrainTest,
} from "./mnist.ts";

export interface MnistOptions {
  /** The folder with the four files, or with a folder that has them; nothing is downloaded then. */
  readonly dir?: string;
  /** Addresses to download from in place of the usual ones. */
  readonly mirrors?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * MNIST: 60,000 and 10,000 handwritten digits of 28×28 pixels.
 *
 * Comes from `dir`; or else from the folder `mnist` in the folder that the environment's FOVEA_DATA names; or else
 * from the cache (see `cacheFolder`), into which missing files are downloaded.
 *
 * @throws FileError if a file is missing and cannot be downloaded, or is not what it should be.
 */
export function mnist(options: MnistOptions = {}): Promise<TrainTest> {
  return loadMnist(mnistSpec, options);
}

/** Fashion-MNIST: 60,000 and 10,000 articles of clothing of 28×28 pixels, found as `mnist` finds its files. */
export function fashionMnist(options: MnistOptions = {}): Promise<TrainTest> {
  return loadMnist(fashionMnistSpec, options);
}

/** A data set in MNIST's form, found as `mnist` finds its files. */
export async function loadMnist(spec: MnistSpec, options: MnistOptions = {}): Promise<TrainTest> {
  const files: MnistFiles<NamedBytes> = {
    trainImages: await load(spec.files.trainImages, spec, options),
    trainLabels: await load(spec.files.trainLabels, spec, options),
    testImages: await load(spec.files.testImages, spec, options),
    testLabels: await load(spec.files.testLabels, spec, options),
  };
  return parseMnist(files, spec);
}

async function load(file: PublishedFile, spec: MnistSpec, options: MnistOptions): Promise<NamedBytes> {
  const cached = join(cacheFolder(), spec.name);
  const found = await find(file.name, searchedFolders(spec.name, options.dir));
  if (found !== undefined) return { file: found, bytes: await readFile(found) };
  if (options.dir !== undefined) throw new FileError(options.dir, `has no ${file.name}\n${hint(spec)}`);

  const urls = (options.mirrors ?? spec.mirrors).map((mirror) => mirror + file.name);
  const path = join(cached, file.name);
  try {
    return { file: path, bytes: await download({ urls, path, file, signal: options.signal }) };
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const problem = error.message.slice(error.file.length + 2);
    throw new FileError(error.file, `${problem}\n${hint(spec)}`, undefined, { cause: error });
  }
}

/** The first of the folders' files with this name, with or without `.gz`, and with `.idx` for `-idx`. */
function find(name: string, folders: readonly string[]): Promise<string | undefined> {
  const plain = name.replace(/\.gz$/, "");
  const names = [name, plain, plain.replace("-idx", ".idx"), name.replace("-idx", ".idx")];
  return findFile(names, folders);
}

function hint(spec: MnistSpec): string {
  const names = Object.values(spec.files).map((file) => file.name.replace(/\.gz$/, ""));
  return (
    `  hint: put ${names.join(", ")} (each with .gz or without) into a folder ${spec.name}, ` +
    "and name the folder that it lies in by the option dir or by FOVEA_DATA in the environment"
  );
}
