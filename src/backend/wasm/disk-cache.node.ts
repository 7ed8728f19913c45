import { createHash, randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { mkdir, readdir, readFile, rename, unlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../core/cache-folder.node.ts";
import { ArgumentError } from "../../core/errors.ts";
import { buildFingerprint } from "./build-fingerprint.node.ts";
import type { ProgramCache } from "./program-cache.ts";

export interface DiskCacheOptions {
  /** Bytes that the files may have together, each counted as at least 128 KiB; default 256 MiB. */
  readonly maxBytes?: number;
}

/** A file is this line, the SHA-256 of its key and its content, and the content. */
const firstLine = new TextEncoder().encode("fovea program 1\n");
const contentAt = firstLine.length + 32;

const ownName = /^[0-9a-f]{64}\.program$/;
const temporaryName = /^[0-9a-f]{64}\..*\.tmp$/;
/** A temporary file that old is left over from a process that was killed. */
const abandonedMs = 3_600_000;
/** Bounds the number of files, so that it does not take long to look through them. */
const smallest = 131_072;

/**
 * Keeps compiled programs in files, for `createWasmBackend({ cache: diskCache() })`.
 *
 * Several processes may use a folder at once, also with other versions of the library: what is kept belongs to one state
 * of its own files. A file that is not what was written is not used, and replaced. Over the limit, what was used longest
 * ago is removed; files of others are left alone. A folder that cannot be written to costs one warning, and nothing is
 * kept; the same if a bundler has put the library's files into others. Whoever may write to the folder can change what is
 * computed.
 *
 * @param folder made if it does not exist; default: `programs` in the folder that FOVEA_CACHE names, or else in `fovea`
 * among the user's cached files (such as ~/.cache/fovea).
 */
export function diskCache(
  folder: string = join(cacheFolder(), "programs"),
  { maxBytes = 2 ** 28 }: DiskCacheOptions = {},
): ProgramCache {
  if (!(maxBytes >= 0)) throw new ArgumentError(`diskCache: maxBytes is ${maxBytes}, but must be at least 0`);
  const fingerprint = buildFingerprint();
  if (fingerprint === undefined) {
    warnOnce(folder, "the library is bundled, or its files have changed since the process began");
    return { read: async () => undefined, write: async () => {} };
  }
  return new DiskCache(folder, maxBytes, fingerprint);
}

class DiskCache implements ProgramCache {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #fingerprint: string;
  /** Bytes that may still be written until the folder is looked through again. */
  #allowance = 0;

  constructor(folder: string, maxBytes: number, fingerprint: string) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#fingerprint = fingerprint;
  }

  async read(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const digest = this.#digestOf(key);
    const path = this.#pathOf(digest);
    try {
      const file = await readFile(path);
      const content = file.subarray(contentAt);
      if (!file.subarray(0, contentAt).equals(headOf(digest, content))) return undefined;
      const now = new Date();
      await utimes(path, now, now).catch(() => {}); // used last, unless the folder is only for reading
      return content;
    } catch (error) {
      if (codeOf(error) !== "ENOENT") warnOnce(this.#folder, String(error));
      return undefined;
    }
  }

  async write(key: string, content: Uint8Array): Promise<void> {
    const bytes = Math.max(smallest, contentAt + content.length);
    if (bytes > this.#maxBytes) return;
    const digest = this.#digestOf(key);
    try {
      await makeFolder(this.#folder);
      this.#allowance -= bytes;
      if (this.#allowance < 0) this.#allowance = (await this.#makeRoom(bytes)) - bytes;
      const temporary = join(this.#folder, `${digest.toString("hex")}.${randomUUID()}.tmp`);
      try {
        // Not made durable: a file that a crash of the system leaves incomplete is not used.
        await writeFile(temporary, Buffer.concat([headOf(digest, content), content]), { flag: "wx" });
        await rename(temporary, this.#pathOf(digest));
      } catch (error) {
        await unlink(temporary).catch(() => {});
        throw error;
      }
    } catch (error) {
      // Where another process has the file open, some systems do not let it be replaced; but then it is there.
      if (!(await this.read(key))) warnOnce(this.#folder, String(error));
    }
  }

  #digestOf(key: string): Buffer {
    return createHash("sha256").update(`${this.#fingerprint}\n${key}`).digest();
  }

  #pathOf(digest: Buffer): string {
    return join(this.#folder, `${digest.toString("hex")}.program`);
  }

  /**
   * Removes what was used longest ago if there is no room for `wanted` bytes.
   *
   * Other processes write too, so only an eighth of the limit may be written before the next look.
   *
   * @returns bytes that may be written until then.
   */
  async #makeRoom(wanted: number): Promise<number> {
    const files: { readonly path: string; readonly bytes: number; readonly used: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      if (!ownName.test(name) && !temporaryName.test(name)) continue;
      const path = join(this.#folder, name);
      // There may be thousands, which would take three times as long by asynchronous calls.
      const found = statSync(path, { throwIfNoEntry: false });
      if (!found) continue;
      const { size, mtimeMs } = found;
      if (ownName.test(name)) files.push({ path, bytes: Math.max(smallest, size), used: mtimeMs });
      else if (Date.now() - mtimeMs > abandonedMs) await unlink(path).catch(() => {});
    }
    const step = Math.max(wanted, this.#maxBytes / 8);
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total + wanted <= this.#maxBytes) return Math.min(step, this.#maxBytes - total);
    for (const { path, bytes } of files.sort((a, b) => a.used - b.used)) {
      if (total + step <= this.#maxBytes) break;
      await unlink(path).catch(() => {});
      total -= bytes;
    }
    return step;
  }
}

function headOf(digest: Buffer, content: Uint8Array): Buffer {
  return Buffer.concat([firstLine, createHash("sha256").update(digest).update(content).digest()]);
}

/** Like `mkdir` with `recursive`, which on Node 20 never ends where a folder can hold none, such as /proc. */
async function makeFolder(path: string): Promise<void> {
  const make = () =>
    mkdir(path).catch((error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw error;
    });
  try {
    await make();
  } catch (error) {
    if (codeOf(error) !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

const warned = new Set<string>();

function warnOnce(folder: string, reason: string): void {
  if (warned.has(folder)) return;
  warned.add(folder);
  process.emitWarning(`compiled programs are not kept in ${folder}: ${reason}`, { code: "FOVEA_CACHE" });
}
