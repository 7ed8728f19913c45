import { mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { cacheFolder } from "../core/cache-folder.node.ts";
import { FileError } from "../core/errors.ts";
import { readFile, writeFileAtomic } from "../io/files.node.ts";
import { gunzip } from "../io/gunzip.ts";
import { download } from "../io/http/download.node.ts";
import type { TransferOptions } from "../io/http/transfer-options.ts";
import { readTar } from "../io/tar.ts";
import { type CifarSpec, cifar10Spec, parseCifarFiles } from "./cifar.ts";
import { findFile, searchedFolders } from "./find-file.node.ts";
import type { NamedBytes } from "./idx-dataset.ts";
import type { TrainTest } from "./mnist.ts";

export interface CifarOptions extends TransferOptions {
  /** The folder with the six files, or with a folder that has them; nothing is downloaded then. */
  readonly dir?: string;
  /** Addresses to download from in place of the usual one. */
  readonly mirrors?: readonly string[];
  /** How many images to train with, the first ones; only the files that hold them are read. All unless told. */
  readonly trainLength?: number | undefined;
}

/**
 * CIFAR-10: 50,000 and 10,000 colour photographs of 32×32 pixels.
 *
 * Comes from `dir`; or else from the folder `cifar10` in the folder that the environment's FOVEA_DATA names; or else
 * from the cache (see `cacheFolder`), into which the archive (162 MiB) is downloaded and taken apart.
 *
 * @throws FileError if a file is missing and cannot be downloaded, or is not what it should be.
 */
export function cifar10(options: CifarOptions = {}): Promise<TrainTest> {
  return loadCifar(cifar10Spec, options);
}

/** A data set in CIFAR-10's form, found as `cifar10` finds its files. */
export async function loadCifar(spec: CifarSpec, options: CifarOptions = {}): Promise<TrainTest> {
  const { dir, trainLength = spec.train.length * spec.imagesPerFile } = options;
  const names = spec.train.slice(0, Math.max(1, Math.ceil(trainLength / spec.imagesPerFile)));
  const folders = searchedFolders(spec.name, dir).flatMap((folder) => [
    folder,
    join(folder, "cifar-10-batches-bin"),
  ]);
  const load = async (name: string): Promise<NamedBytes> => {
    const path = (await find(name, folders)) ?? (await fetched(name, spec, options));
    return { file: path, bytes: await readFile(path) };
  };
  const train: NamedBytes[] = [];
  for (const name of names) train.push(await load(name));
  const sets = await parseCifarFiles(train, await load(spec.test), spec);
  return { ...sets, train: sets.train.subset({ end: Math.min(trainLength, sets.train.length) }) };
}

function find(name: string, folders: readonly string[]): Promise<string | undefined> {
  return findFile([name, `${name}.gz`], folders);
}

/** The path of a file in the cache, after all of the archive's have been put there. */
async function fetched(name: string, spec: CifarSpec, options: CifarOptions): Promise<string> {
  const { dir, mirrors = spec.mirrors, ...transfer } = options;
  if (dir !== undefined) throw new FileError(dir, `has no ${name}\n${hint(spec)}`);
  const folder = join(cacheFolder(), spec.name);
  const path = join(folder, spec.archive.name);
  const urls = mirrors.map((mirror) => mirror + spec.archive.name);
  try {
    const bytes = await download({ ...transfer, urls, path, file: spec.archive });
    const wanted = new Set([...spec.train, spec.test]);
    await mkdir(folder, { recursive: true });
    for (const entry of readTar(await gunzip(bytes, path), path)) {
      const file = basename(entry.name);
      if (wanted.has(file)) await writeFileAtomic(join(folder, file), entry.bytes);
    }
    await rm(path);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const problem = error.message.slice(error.file.length + 2);
    throw new FileError(error.file, `${problem}\n${hint(spec)}`, undefined, { cause: error });
  }
  return join(folder, name);
}

function hint(spec: CifarSpec): string {
  return (
    `  hint: put ${spec.train[0]} to ${spec.train.at(-1)} and ${spec.test} (each with .gz or without) into a folder ` +
    `${spec.name}, and name the folder that it lies in by the option dir or by FOVEA_DATA in the environment`
  );
}
