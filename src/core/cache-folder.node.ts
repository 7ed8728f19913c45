import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The folder for what can be fetched or made again: FOVEA_CACHE, or else `fovea` in XDG_CACHE_HOME or in the system's
 * usual place, such as ~/.cache.
 */
export function cacheFolder(platform: NodeJS.Platform = process.platform): string {
  const { FOVEA_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (FOVEA_CACHE) return FOVEA_CACHE;
  const usual = {
    darwin: join(homedir(), "Library", "Caches"),
    win32: LOCALAPPDATA || join(homedir(), "AppData", "Local"),
  } as Partial<Record<NodeJS.Platform, string>>;
  return join(XDG_CACHE_HOME || (usual[platform] ?? join(homedir(), ".cache")), "fovea");
}
