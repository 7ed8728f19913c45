import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { FileError } from "../core/errors.ts";
import { writeFileAtomic } from "../io/files.node.ts";
import type { PublishedFile } from "./mnist.ts";

export interface DownloadOptions {
  /** Where the file may be had; each is tried until one gives it. */
  readonly urls: readonly string[];
  /** Where it goes; its folder is made if need be. */
  readonly path: string;
  /** What it must be. */
  readonly file: Pick<PublishedFile, "bytes" | "sha256">;
  /** Gives an address up when nothing comes for so long; 20,000 unless told. */
  readonly stallMilliseconds?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Downloads a file whose size and SHA-256 are known; at `path` is the right file or none.
 *
 * @throws FileError that says for each address why it did not give the file, or that it cannot be written.
 */
export async function download(options: DownloadOptions): Promise<Uint8Array> {
  const { urls, path, file, stallMilliseconds = 20_000, signal } = options;
  const reasons: string[] = [];
  for (const url of urls) {
    let bytes: Uint8Array;
    try {
      bytes = await fetchBytes(url, file, stallMilliseconds, signal);
    } catch (error) {
      signal?.throwIfAborted();
      reasons.push(`  ${url}: ${messageOf(error)}`);
      continue;
    }
    await mkdir(dirname(path), { recursive: true }).catch((error: Error) => {
      throw new FileError(dirname(path), `cannot be made: ${error.message}`, undefined, { cause: error });
    });
    await writeFileAtomic(path, bytes);
    return bytes;
  }
  throw new FileError(path, ["could not be downloaded", ...reasons].join("\n"));
}

async function fetchBytes(
  url: string,
  file: DownloadOptions["file"],
  stallMilliseconds: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const stall = new AbortController();
  const giveUp = (): void => stall.abort(new Error(`nothing came for ${stallMilliseconds} ms`));
  let timer = setTimeout(giveUp, stallMilliseconds);
  try {
    const signals = signal === undefined ? [stall.signal] : [stall.signal, signal];
    const response = await fetch(url, { signal: AbortSignal.any(signals) });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`the server answered ${response.status} ${response.statusText}`.trimEnd());
    }
    const bytes = new Uint8Array(file.bytes);
    let length = 0;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, stallMilliseconds);
      if (length + chunk.length > bytes.length)
        throw new Error(`more than the ${file.bytes} bytes expected came`);
      bytes.set(chunk, length);
      length += chunk.length;
    }
    if (length < bytes.length) throw new Error(`${length} bytes came, but ${file.bytes} were expected`);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (sha256 !== file.sha256) throw new Error(`SHA-256 is ${sha256}, but ${file.sha256} was expected`);
    return bytes;
  } finally {
    clearTimeout(timer);
  }
}

/** What went wrong; `fetch` hides that in the cause of a "fetch failed". */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || (cause as NodeJS.ErrnoException).code || error.message;
}
