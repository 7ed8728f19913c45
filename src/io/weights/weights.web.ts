import { ArgumentError, FileError } from "../../core/errors.ts";
import { concatBytes } from "../byte-reader.ts";
import { defaultEndpoint, type HubOptions, hubUrl } from "../hub/hub-options.ts";
import {
  checksumInName,
  isAddress,
  readRepository,
  repositoryOf,
  type WeightFile,
  type WeightFiles,
} from "./weight-files.ts";

/** The browser keeps what it fetches in its own cache. */
export async function fetchWeights(source: string, options: HubOptions = {}): Promise<WeightFiles> {
  if (isAddress(source)) {
    const file = await fetchFile(source, source, options);
    if (file === undefined) throw new FileError(source, "is not there: the server answered 404");
    await checkName(file);
    return { config: undefined, weights: [file] };
  }
  const repository = repositoryOf(source);
  if (repository === undefined) {
    throw new ArgumentError(
      `weights come from an address or a repository owner/name, but "${source}" was given`,
    );
  }
  const { endpoint = defaultEndpoint, revision = "main" } = options;
  return readRepository(repository, (name) =>
    fetchFile(hubUrl(endpoint, repository, revision, name), `${repository}/${name}`, options),
  );
}

async function fetchFile(
  url: string,
  file: string,
  { token, signal, onProgress }: HubOptions,
): Promise<WeightFile | undefined> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers, ...(signal && { signal }) });
  if (response.status === 404) return undefined;
  if (!response.ok || response.body === null) {
    throw new FileError(
      file,
      `could not be fetched: the server answered ${response.status} ${response.statusText}`,
    );
  }
  const length = response.headers.get("content-length");
  const total = length === null ? undefined : Number(length);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body) {
    parts.push(part);
    bytes += part.length;
    onProgress?.({ path: file, bytes, total });
  }
  return { file, bytes: concatBytes(parts) };
}

async function checkName({ file, bytes }: WeightFile): Promise<void> {
  const expected = checksumInName(new URL(file).pathname);
  if (expected === undefined) return;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  const found = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (!found.startsWith(expected))
    throw new FileError(file, `SHA-256 is ${found}, but ${expected} was expected`);
}
