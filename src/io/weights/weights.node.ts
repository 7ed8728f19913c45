import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { cacheFolder } from "../../core/cache-folder.node.ts";
import { FileError } from "../../core/errors.ts";
import { readFile } from "../files.node.ts";
import { downloadFile, exists } from "../http/download.node.ts";
import { messageOf } from "../http/request.ts";
import type { TransferOptions } from "../http/transfer-options.ts";
import { findHubFile, hubFile } from "../hub/hub-file.node.ts";
import type { HubOptions } from "../hub/hub-options.ts";
import {
  checksumInName,
  isAddress,
  pytorchEndpoint,
  readRepository,
  repositoryOf,
  type WeightFile,
  type WeightFiles,
  weightFileNames,
} from "./weight-files.ts";

/** Whether a folder has weights to be read by `fetchWeights`. */
export function holdsWeights(folder: string): boolean {
  return weightFileNames.some((name) => existsSync(join(folder, name)));
}

export async function fetchWeights(source: string, options: HubOptions = {}): Promise<WeightFiles> {
  if (isAddress(source)) {
    return { config: undefined, weights: [await fileAt(await downloadedWeights(source, options))] };
  }
  const found = await stat(source).catch(() => undefined);
  if (found?.isDirectory()) return readRepository(source, (name) => fileIn(source, name));
  const repository = found === undefined ? repositoryOf(source) : undefined;
  if (repository === undefined) return { config: undefined, weights: [await fileAt(source)] };
  return readRepository(repository, async (name) => {
    const find = name === "config.json" ? hubFile : findHubFile;
    const path = await find(repository, name, options);
    return path === undefined ? undefined : fileAt(path);
  });
}

/**
 * The path of a file of weights from an address, kept in the folder `checkpoints` of the cache (see `cacheFolder`).
 *
 * The digits of a SHA-256 in its name, as PyTorch's files have them, are checked. FOVEA_PYTORCH_ENDPOINT stands for
 * https://download.pytorch.org where that is not to be asked.
 *
 * @throws FileError if it cannot be fetched.
 */
export async function downloadedWeights(address: string, options: TransferOptions = {}): Promise<string> {
  const name = decodeURIComponent(basename(new URL(address).pathname)).replace(/[^\w.+-]/g, "_");
  const sha256 = checksumInName(name);
  // Files of the same name must not be taken for one another.
  const folder = sha256 === undefined ? createHash("sha256").update(address).digest("hex").slice(0, 16) : "";
  const path = join(cacheFolder(), "checkpoints", folder, name);
  if (await exists(path)) return path;
  const endpoint = process.env["FOVEA_PYTORCH_ENDPOINT"];
  const url =
    endpoint && address.startsWith(`${pytorchEndpoint}/`)
      ? endpoint.replace(/\/$/, "") + address.slice(pytorchEndpoint.length)
      : address;
  try {
    await downloadFile({ ...options, url, path, expected: { sha256 } });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof FileError) throw error;
    throw new FileError(url, `could not be fetched: ${messageOf(error)}`, undefined, { cause: error });
  }
  return path;
}

async function fileIn(folder: string, name: string): Promise<WeightFile | undefined> {
  const path = join(folder, name);
  return (await exists(path)) ? fileAt(path) : undefined;
}

async function fileAt(path: string): Promise<WeightFile> {
  return { file: path, bytes: await readFile(path) };
}
