import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FileError } from "../core/errors.ts";

/** Reads a whole file. @throws FileError if it does not exist, cannot be read, or is a folder or a device. */
export async function readFile(path: string): Promise<Uint8Array> {
  const read = async (handle: FileHandle) => {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new FileError(path, "is a folder");
    // A device may never end.
    if (!stat.isFile() && !stat.isFIFO()) throw new FileError(path, "is neither a regular file nor a pipe");
    const content = await handle.readFile();
    return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  };
  return reportedAs(path, () => withFile(path, "r", read));
}

/**
 * Writes a file so that, whatever happens, `path` holds either its old content or all of the new one.
 *
 * Writes under another name in the same folder, makes that durable (fsync), renames it, and makes the name durable.
 *
 * @throws FileError if it cannot be written; no temporary file is left behind then.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path).slice(0, 100)}.${randomUUID()}.tmp`);
  await reportedAs(path, async () => {
    try {
      await withFile(temporary, "wx", async (handle) => {
        await handle.writeFile(bytes);
        await handle.sync();
      });
      await rename(temporary, path);
    } catch (error) {
      await unlink(temporary).catch(() => {});
      throw error;
    }
    await syncFolder(folder);
  });
}

/** Whether there is a folder at a path. */
export function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Whether there is a file at a path. */
export function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Makes the names in a folder durable; Windows opens no folders, and there a rename is as durable as it gets. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform !== "win32") await withFile(folder, "r", (handle) => handle.sync());
}

export async function withFile<T>(
  path: string,
  flags: string,
  use: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  const handle = await open(path, flags);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

/** Turns the system's errors into a FileError of `path`, the file that the caller named. */
export async function reportedAs<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof FileError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new FileError(path, reasons[code ?? ""] ?? message, undefined, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "does not exist, or its folder does not",
  EACCES: "no permission",
  EPERM: "no permission",
  EISDIR: "is a folder",
  ENOTDIR: "a part of the path is no folder",
  ENOSPC: "no space left on the device",
  ERR_FS_FILE_TOO_LARGE: "is over the 2 GiB that can be read at once",
};
