import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ArgumentError, FileError } from "../../core/errors.ts";
import { downloadFile, exists } from "../http/download.node.ts";
import { HttpStatusError, messageOf, request, StallTimer } from "../http/request.ts";
import { HubCache, hubHome } from "./hub-cache.node.ts";
import { defaultEndpoint, type HubOptions, hubUrl } from "./hub-options.ts";

/** What the hub says about a file before it is fetched. */
interface HubMetadata {
  readonly commit: string;
  readonly etag: string;
  readonly bytes: number | undefined;
}

const gitSha1 = /^[0-9a-f]{40}$/;
const sha256 = /^[0-9a-f]{64}$/;

/**
 * The path of a repository's file on disk, in the hub's own cache; it is fetched if it is not there or has changed.
 *
 * Without an answer of the hub the cache's file is taken, if there is one. Large files are checked by the SHA-256 that
 * is their ETag, small ones by Git's SHA-1.
 *
 * @throws FileError with a hint if the hub does not give the file and the cache has none.
 */
export async function hubFile(repository: string, file: string, options: HubOptions = {}): Promise<string> {
  const { revision = "main", offline = isOn(process.env["HF_HUB_OFFLINE"]) } = options;
  const cache = new HubCache(repository, options.cache);
  const name = `${repository}/${file}`;
  const cached = await cachedFile(cache, revision, file);
  if (cached !== undefined && (offline || gitSha1.test(revision))) return cached;
  if (offline) {
    throw new FileError(
      name,
      "is not in the cache, and the hub is not asked, as HF_HUB_OFFLINE says",
      undefined,
      {
        cause: new NotCachedError(),
      },
    );
  }
  const endpoint = options.endpoint ?? (process.env["HF_ENDPOINT"] || defaultEndpoint);
  const urlAt = (commit: string): string => hubUrl(endpoint, repository, commit, file);
  const token = await findToken(options);
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const { commit, etag, bytes } = await metadataOf(urlAt(revision), headers, options);
    await cache.remember(revision, commit);
    const pointer = cache.pointer(commit, file);
    if (await exists(pointer)) return pointer;
    const { onProgress } = options;
    await downloadFile({
      ...options,
      ...(onProgress && { onProgress: (progress) => onProgress({ ...progress, path: name }) }),
      url: urlAt(commit),
      path: cache.blob(etag),
      lock: cache.lock(etag),
      headers,
      expected: { bytes, ...(sha256.test(etag) ? { sha256: etag } : { gitSha1: etag }) },
    });
    return await cache.point(commit, file, etag);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof FileError || error instanceof ArgumentError) throw error;
    if (cached !== undefined && isUnreachable(error)) return cached;
    throw new FileError(name, `could not be fetched: ${describe(error, token !== undefined)}`, undefined, {
      cause: error,
    });
  }
}

/** As `hubFile`, but undefined where the repository (or offline the cache) has no such file. */
export async function findHubFile(
  repository: string,
  file: string,
  options: HubOptions = {},
): Promise<string | undefined> {
  try {
    return await hubFile(repository, file, options);
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof NotCachedError || (cause instanceof HttpStatusError && cause.status === 404))
      return undefined;
    throw error;
  }
}

class NotCachedError extends Error {}

async function cachedFile(cache: HubCache, revision: string, file: string): Promise<string | undefined> {
  const commit = await cache.commitOf(revision);
  // Without a commit too, this refuses a path that leads out of the snapshot.
  const pointer = cache.pointer(commit ?? "", file);
  if (commit === undefined) return undefined;
  return (await exists(pointer)) ? pointer : undefined;
}

/** Asks for the headers only, and does not follow to the server that has the large files: they say more here. */
async function metadataOf(
  url: string,
  headers: Readonly<Record<string, string>>,
  { signal, stallMilliseconds = 20_000 }: HubOptions,
): Promise<HubMetadata> {
  const stall = new StallTimer(stallMilliseconds);
  try {
    const response = await request(url, {
      method: "HEAD",
      headers,
      signal: signal ? AbortSignal.any([stall.signal, signal]) : stall.signal,
      stopAt: (answer) => answer.headers.has("x-linked-etag") || answer.headers.has("x-repo-commit"),
    });
    if (response.status >= 400) throw new HttpStatusError(response);
    const commit = response.headers.get("x-repo-commit") ?? "";
    const linked = response.headers.get("x-linked-etag");
    const etag = (linked ?? response.headers.get("etag") ?? "").replace(/^W\//, "").replaceAll('"', "");
    if (!gitSha1.test(commit) || !(gitSha1.test(etag) || sha256.test(etag))) {
      throw new Error("the answer does not name a commit and a checksum, as the hub's do");
    }
    const length =
      response.headers.get("x-linked-size") ?? (linked ? null : response.headers.get("content-length"));
    return { commit, etag, bytes: length === null ? undefined : Number(length) };
  } catch (error) {
    if (stall.signal.aborted) throw stall.signal.reason;
    throw error;
  } finally {
    stall.stop();
  }
}

async function findToken({ token }: HubOptions): Promise<string | undefined> {
  const { HF_TOKEN, HF_TOKEN_PATH } = process.env;
  const path = HF_TOKEN_PATH || join(hubHome(), "token");
  const found = token ?? (HF_TOKEN || (await readFile(path, "utf8").catch(() => "")));
  return found.trim() === "" ? undefined : found.trim();
}

function isUnreachable(error: unknown): boolean {
  return !(error instanceof HttpStatusError) || error.status >= 500 || error.status === 429;
}

function describe(error: unknown, withToken: boolean): string {
  const reason = messageOf(error);
  if (!(error instanceof HttpStatusError)) return reason;
  if (error.status === 401 || error.status === 403) {
    return (
      `${reason}\n  hint: ` +
      (withToken
        ? "the token has no access: a gated repository wants its conditions accepted on its page first"
        : "the repository is private, gated, or does not exist: set HF_TOKEN to a token that may read it")
    );
  }
  if (error.status === 404) {
    return `${reason}\n  hint: the repository, the revision or the file does not exist, or a token (HF_TOKEN) is needed to see it`;
  }
  return reason;
}

function isOn(value: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(value ?? "");
}
