import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

/** What a file must be; without any of these it is taken as it comes. */
export interface Expected {
  readonly bytes?: number | undefined;
  /** The SHA-256 in hexadecimal digits, or its first ones. */
  readonly sha256?: string | undefined;
  /** The name under which Git keeps the file: SHA-1 of "blob", its length, a zero and its bytes. */
  readonly gitSha1?: string | undefined;
}

/** @throws Error that gives both checksums if the file has another than the expected. */
export async function checkFile(path: string, { sha256, gitSha1 }: Expected): Promise<void> {
  if (sha256 !== undefined) {
    const found = await hashOf(path, "sha256");
    if (!found.startsWith(sha256)) throw new ChecksumError(`SHA-256 is ${found}, but ${sha256} was expected`);
  }
  if (gitSha1 !== undefined) {
    const found = await hashOf(path, "git");
    if (found !== gitSha1) throw new ChecksumError(`Git's SHA-1 is ${found}, but ${gitSha1} was expected`);
  }
}

export class ChecksumError extends Error {}

async function hashOf(path: string, kind: "sha256" | "git"): Promise<string> {
  const handle = await open(path);
  try {
    const hash = createHash(kind === "git" ? "sha1" : kind);
    if (kind === "git") hash.update(`blob ${(await handle.stat()).size}\0`);
    const buffer = new Uint8Array(2 ** 20);
    for (;;) {
      const { bytesRead } = await handle.read(buffer);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
