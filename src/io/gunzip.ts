import { hasSignature } from "./byte-reader.ts";
import { inflateUpTo } from "./deflate.ts";

const oneGibibyte = 2 ** 30;

export function isGzip(bytes: Uint8Array): boolean {
  return hasSignature(bytes, [0x1f, 0x8b]);
}

/**
 * Decompresses a gzip file (RFC 1952); bytes that do not begin with gzip's magic come back as they are.
 *
 * @throws FileError if the file is damaged, or gives more than `maxBytes`.
 */
export async function gunzip(
  bytes: Uint8Array,
  file: string,
  maxBytes: number = oneGibibyte,
): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  return inflateUpTo(bytes, "gzip", maxBytes, { file, what: "gzip data", offset: 0 });
}
