import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folders with everything that decides what a graph is compiled to. */
const folders = ["core", "ops", "compiler", "backend/wasm"];

let known: { readonly fingerprint: string | undefined } | undefined;

/**
 * A text that tells builds of the library apart: the SHA-256 of the compiler's own files, with the engine that runs it,
 * as constants come from its mathematical functions.
 *
 * Undefined where these files cannot be told to be what runs: a bundler has put them into others, or they have changed
 * since the process began. Takes about 5 ms, once a process.
 */
export function buildFingerprint(): string | undefined {
  return (known ??= { fingerprint: fingerprintOf(import.meta.url, performance.timeOrigin) }).fingerprint;
}

/** @param url of this file; @param loaded when the process began, in milliseconds since 1970. */
export function fingerprintOf(url: string, loaded: number): string | undefined {
  const [, extension] = /\/backend\/wasm\/build-fingerprint\.node(\.[jt]s)$/.exec(url) ?? [];
  if (!url.startsWith("file:") || extension === undefined) return undefined;
  const root = fileURLToPath(new URL("../../", url));
  const hash = createHash("sha256");
  const add = (text: string | Uint8Array): void => {
    hash.update(`${text.length}\n`).update(text);
  };
  add(`${process.versions.v8} ${process.arch}`);
  for (const file of folders.flatMap((folder) => sourcesIn(root, folder, extension))) {
    const path = join(root, file);
    add(file);
    add(readFileSync(path));
    if (statSync(path).ctimeMs > loaded) return undefined;
  }
  return hash.digest("hex");
}

/** In an order that does not depend on the file system. */
function sourcesIn(root: string, folder: string, extension: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return sourcesIn(root, path, extension);
      return path.endsWith(extension) && !/\.(test|d)\.ts$/.test(path) ? [path] : [];
    });
}
