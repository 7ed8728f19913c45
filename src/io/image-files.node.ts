import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { FileError } from "../core/errors.ts";
import { imageExtensions } from "./decode-image.ts";
import { isFolder } from "./files.node.ts";

/** The images in a folder and in the folders within, told by the endings of their names, sorted by path. */
export async function imageFilesIn(folder: string): Promise<string[]> {
  const { files, folders } = await entriesOf(folder);
  const inner = await Promise.all(folders.map((name) => imageFilesIn(join(folder, name))));
  const images = files.filter((name) => imageExtensions.includes(extname(name).toLowerCase()));
  return [...images.map((name) => join(folder, name)), ...inner.flat()].sort();
}

/** The names of the folders in a folder, sorted. */
export async function foldersIn(folder: string): Promise<string[]> {
  return (await entriesOf(folder)).folders.sort();
}

/** Without hidden ones, among which are the twins that some systems write for each file. */
async function entriesOf(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: Error) => {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new FileError(folder, missing ? "does not exist" : cause.message, undefined, { cause });
  });
  const [files, folders]: [string[], string[]] = [[], []];
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    // A link may lead to a folder.
    const link = entry.isSymbolicLink();
    if (link ? await isFolder(join(folder, entry.name)) : entry.isDirectory()) folders.push(entry.name);
    else files.push(entry.name);
  }
  return { files, folders };
}
