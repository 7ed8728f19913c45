import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readFile, rename, symlink, unlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { ArgumentError } from "../../core/errors.ts";
import { reportedAs, writeFileAtomic } from "../files.node.ts";
import { exists } from "../http/download.node.ts";

const commitHash = /^[0-9a-f]{40}$/;

/** The hub's own folder: HF_HOME, or else `huggingface` in XDG_CACHE_HOME or ~/.cache. */
export function hubHome(): string {
  const { HF_HOME, XDG_CACHE_HOME } = process.env;
  return expanded(HF_HOME || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface"));
}

/** Where the hub's own libraries keep files, so that ours are theirs: HF_HUB_CACHE, or else `hub` in `hubHome`. */
export function hubCacheFolder(): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE } = process.env;
  return expanded(HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE || join(hubHome(), "hub"));
}

function expanded(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/**
 * The part of the hub's cache that belongs to one repository: `blobs/ETAG` holds contents, `snapshots/COMMIT/FILE`
 * points to them, and `refs/REVISION` names the commit that a branch or tag stood for when it was last asked for.
 *
 * Source: the guide "Understand caching" of huggingface_hub.
 */
export class HubCache {
  readonly #root: string;
  readonly #locks: string;

  /** @throws ArgumentError if the repository is not `owner/name` or `name`. */
  constructor(repository: string, folder: string = hubCacheFolder()) {
    if (!/^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/.test(repository) || repository.includes("..")) {
      throw new ArgumentError(
        `a repository of the hub is named owner/name, but "${repository}" was asked for`,
      );
    }
    const name = `models--${repository.replace("/", "--")}`;
    this.#root = join(folder, name);
    this.#locks = join(folder, ".locks", name);
  }

  blob(etag: string): string {
    return join(this.#root, "blobs", etag);
  }

  /** A name of our own, because the hub's libraries leave their lock files in place. */
  lock(etag: string): string {
    return join(this.#locks, `${etag}.fovea-lock`);
  }

  /** The path of a file at a commit. @throws ArgumentError for one that would lie elsewhere. */
  pointer(commit: string, file: string): string {
    return join(this.#root, "snapshots", commit, ...partsOf(file));
  }

  /** The commit that a revision stood for when it was last asked for. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (commitHash.test(revision)) return revision;
    const found = await readFile(join(this.#root, "refs", ...partsOf(revision)), "utf8").catch(
      () => undefined,
    );
    return found !== undefined && commitHash.test(found.trim()) ? found.trim() : undefined;
  }

  async remember(revision: string, commit: string): Promise<void> {
    if (revision === commit) return;
    const path = join(this.#root, "refs", ...partsOf(revision));
    await reportedAs(path, () => mkdir(dirname(path), { recursive: true }));
    if ((await this.commitOf(revision)) !== commit)
      await writeFileAtomic(path, new TextEncoder().encode(commit));
  }

  /** Makes the pointer to a blob: a link relative to it, or a copy where there are no links. */
  async point(commit: string, file: string, etag: string): Promise<string> {
    const pointer = this.pointer(commit, file);
    const blob = this.blob(etag);
    await reportedAs(pointer, async () => {
      await mkdir(dirname(pointer), { recursive: true });
      if (await exists(pointer)) return;
      const temporary = `${pointer}.${randomUUID()}.tmp`;
      try {
        const linked = process.env["HF_HUB_DISABLE_SYMLINKS"] !== "1" && (await link(blob, temporary));
        if (!linked) await copyFile(blob, temporary);
        await rename(temporary, pointer);
      } finally {
        await unlink(temporary).catch(() => {});
      }
    });
    return pointer;
  }
}

async function link(blob: string, pointer: string): Promise<boolean> {
  return symlink(relative(dirname(pointer), blob), pointer).then(
    () => true,
    () => false,
  );
}

/** The names on the way to a file. @throws ArgumentError for a path that leads out of where it begins. */
function partsOf(path: string): string[] {
  const parts = path.split("/");
  const wrong = parts.some(
    (part) => part === "" || part === "." || part === ".." || part.includes(sep) || /[\\:\0]/.test(part),
  );
  if (wrong) throw new ArgumentError(`"${path}" is no path inside a repository`);
  return parts;
}
