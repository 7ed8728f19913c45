import { randomUUID } from "node:crypto";
import { access, constants, type FileHandle, mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { FileError } from "../../core/errors.ts";
import { readFile, reportedAs, syncFolder } from "../files.node.ts";
import { ChecksumError, checkFile, type Expected } from "./checksum.node.ts";
import { withLock } from "./lock.node.ts";
import { CutError, HttpStatusError, isPassing, messageOf, request, StallTimer } from "./request.ts";
import type { TransferOptions } from "./transfer-options.ts";

export interface DownloadFileOptions extends TransferOptions {
  readonly url: string;
  /** Where it goes; its folder is made if need be. A file that is there is taken as it is. */
  readonly path: string;
  readonly expected?: Expected;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the lock stands that keeps others from the same download; `path` with `.lock` unless told. */
  readonly lock?: string;
}

/**
 * Downloads a file once, whoever asks for it at the same time; at `path` is the right file or none.
 *
 * What has come lies in `path` with `.incomplete`; with a checksum known, a download that was cut goes on there.
 *
 * @throws FileError if it cannot be written, else an error that says what the server or the connection did.
 */
export async function downloadFile(options: DownloadFileOptions): Promise<void> {
  const { path, lock = `${path}.lock`, signal } = options;
  await reportedAs(dirname(path), () => mkdir(dirname(path), { recursive: true }));
  await withLock(
    lock,
    async () => {
      if (!(await exists(path))) await new Transfer(options).run();
    },
    signal,
  );
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** One file on its way. */
class Transfer {
  readonly #options: DownloadFileOptions;
  readonly #partial: string;
  /** Whether what comes can be checked, so that parts of different days may be put together. */
  readonly #checkable: boolean;
  #etag: string | undefined;
  /** Whether the server gives parts of the file. */
  #ranges = false;
  #size = 0;

  constructor(options: DownloadFileOptions) {
    const { path, expected } = options;
    this.#options = options;
    this.#checkable = expected?.sha256 !== undefined || expected?.gitSha1 !== undefined;
    this.#partial = this.#checkable ? `${path}.incomplete` : `${path}.${randomUUID()}.incomplete`;
  }

  async run(): Promise<void> {
    const { path } = this.#options;
    let keep = false;
    try {
      await this.#withRetries();
      await reportedAs(path, async () => {
        await rename(this.#partial, path);
        await syncFolder(dirname(path));
      });
    } catch (error) {
      keep =
        this.#checkable && this.#ranges && !(error instanceof ChecksumError || error instanceof FileError);
      throw error;
    } finally {
      if (!keep) await unlink(this.#partial).catch(() => {});
    }
  }

  async #withRetries(): Promise<void> {
    const { retries = 4, retryMilliseconds = 500, signal, expected = {} } = this.#options;
    for (let failures = 0; ; ) {
      const found = await this.#open((handle) => handle.stat());
      const before = (this.#size = found.size);
      try {
        await this.#open((handle) => this.#receive(handle));
        await checkFile(this.#partial, expected);
        return;
      } catch (error) {
        signal?.throwIfAborted();
        // What lay there from another day may have been damaged: begin again, once.
        const again = error instanceof ChecksumError && before > 0 && failures === 0;
        if (error instanceof ChecksumError) await this.#open((handle) => handle.truncate());
        if (!again && (!isPassing(error) || failures >= retries)) throw error;
        await wait(again ? 0 : retryMilliseconds * 2 ** failures, undefined, signal ? { signal } : {});
        failures = this.#size > before && !again ? 1 : failures + 1;
      }
    }
  }

  /** Asks for what is missing and writes it. */
  async #receive(handle: FileHandle): Promise<void> {
    const { url, headers, signal, stallMilliseconds = 20_000, expected = {} } = this.#options;
    if (this.#size > 0 && this.#size === expected.bytes) return;
    const stall = new StallTimer(stallMilliseconds);
    try {
      const response = await request(url, {
        headers: { ...headers, ...this.#rangeHeaders() },
        signal: signal ? AbortSignal.any([stall.signal, signal]) : stall.signal,
      });
      if (response.status === 416) return await this.#restart(handle, response);
      if (!response.ok || response.body === null) {
        await response.body?.cancel();
        throw new HttpStatusError(response);
      }
      const total = await this.#begin(handle, response);
      for await (const chunk of response.body) {
        stall.restart();
        await this.#write(handle, chunk, total);
      }
      const wanted = expected.bytes ?? total;
      if (wanted !== undefined && this.#size < wanted) {
        const short = `${this.#size} bytes came, but ${wanted} were expected`;
        throw this.#size === total ? new Error(short) : new CutError(short);
      }
      await reportedAs(this.#partial, () => handle.sync());
    } catch (error) {
      if (stall.signal.aborted) throw stall.signal.reason;
      throw error;
    } finally {
      stall.stop();
    }
  }

  #rangeHeaders(): Record<string, string> {
    if (this.#size === 0) return {};
    return { range: `bytes=${this.#size}-`, ...(this.#etag && { "if-range": this.#etag }) };
  }

  /** Finds out where the answer's bytes belong, and how many the file has. */
  async #begin(handle: FileHandle, response: Response): Promise<number | undefined> {
    const { headers } = response;
    const etag = headers.get("etag") ?? undefined;
    this.#etag = etag?.startsWith("W/") ? undefined : etag;
    this.#ranges ||= response.status === 206 || headers.get("accept-ranges") === "bytes";
    if (response.status === 206) {
      const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
      if (Number(range?.[1] ?? Number.NaN) === this.#size) {
        return range![3] === "*" ? undefined : Number(range![3]);
      }
      await response.body?.cancel();
      await this.#truncate(handle);
      throw new CutError("the server gave another part of the file than the one asked for");
    }
    await this.#truncate(handle);
    const length = headers.get("content-length");
    return length === null || headers.has("content-encoding") ? undefined : Number(length);
  }

  /** The server has nothing from here on: what lies there is no part of the file. */
  async #restart(handle: FileHandle, response: Response): Promise<void> {
    await response.body?.cancel();
    if (this.#size === 0) throw new HttpStatusError(response);
    await this.#truncate(handle);
    throw new CutError("the server has no such part of the file");
  }

  async #truncate(handle: FileHandle): Promise<void> {
    await reportedAs(this.#partial, () => handle.truncate());
    this.#size = 0;
  }

  async #write(handle: FileHandle, chunk: Uint8Array, total: number | undefined): Promise<void> {
    const { expected, onProgress, path, signal } = this.#options;
    const most = expected?.bytes ?? Number.POSITIVE_INFINITY;
    if (this.#size + chunk.length > most) throw new Error(`more than the ${most} bytes expected came`);
    await reportedAs(this.#partial, async () => {
      for (let from = 0; from < chunk.length; ) {
        const { bytesWritten } = await handle.write(chunk, from, chunk.length - from, this.#size + from);
        from += bytesWritten;
      }
    });
    this.#size += chunk.length;
    onProgress?.({ path, bytes: this.#size, total: expected?.bytes ?? total });
    signal?.throwIfAborted();
  }

  async #open<T>(use: (handle: FileHandle) => Promise<T>): Promise<T> {
    const flags = constants.O_RDWR | constants.O_CREAT;
    const handle = await reportedAs(this.#partial, () => open(this.#partial, flags));
    try {
      return await use(handle);
    } finally {
      await handle.close();
    }
  }
}

export interface DownloadOptions extends TransferOptions {
  /** Where the file may be had; each is tried until one gives it. */
  readonly urls: readonly string[];
  /** Where it goes; its folder is made if need be. */
  readonly path: string;
  /** What it must be. */
  readonly file: Expected;
}

/**
 * Downloads a file that several addresses have and reads it; at `path` is the right file or none.
 *
 * @throws FileError that says for each address why it did not give the file, or that it cannot be written.
 */
export async function download({ urls, path, file, ...options }: DownloadOptions): Promise<Uint8Array> {
  const reasons: string[] = [];
  for (const url of urls) {
    try {
      await downloadFile({ ...options, url, path, expected: file });
      return await readFile(path);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof FileError) throw error;
      reasons.push(`  ${url}: ${messageOf(error)}`);
    }
  }
  throw new FileError(path, ["could not be downloaded", ...reasons].join("\n"));
}
