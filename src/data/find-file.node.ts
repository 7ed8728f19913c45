import { join } from "node:path";
import { cacheFolder } from "../core/cache-folder.node.ts";
import { exists } from "../io/http/download.node.ts";

/** The first of the folders' files with one of these names. */
export async function findFile(
  names: readonly string[],
  folders: readonly string[],
): Promise<string | undefined> {
  for (const path of folders.flatMap((folder) => names.map((name) => join(folder, name)))) {
    if (await exists(path)) return path;
  }
  return undefined;
}

/** Where a data set's files are looked for: in `dir` or FOVEA_DATA, or a folder of its name there, and in the cache. */
export function searchedFolders(name: string, dir: string | undefined): string[] {
  const given = dir ?? process.env["FOVEA_DATA"];
  const searched = given ? [given, join(given, name)] : [];
  return dir === undefined ? [...searched, join(cacheFolder(), name)] : searched;
}
