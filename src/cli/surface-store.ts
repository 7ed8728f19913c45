import type { LandscapeGrid, LandscapePoints } from "../analyze/loss-landscape/loss-landscape.ts";
import {
  parseSurface,
  requireSameSurface,
  type SurfaceIdentity,
  serializeSurface,
} from "../analyze/loss-landscape/surface-file.ts";
import { isFile, readFile, writeFileAtomic } from "../io/files.node.ts";

/** Where the points of a surface are kept while they are found. */
export interface SurfaceStore {
  readonly points: LandscapePoints;
  keep(points: LandscapePoints): Promise<void>;
  /** Writes what was not written yet. */
  close(): Promise<void>;
}

/** How much may be lost if the process is killed. */
const writeMilliseconds = 1000;

/**
 * The points that a file holds already, and the file to keep more in.
 *
 * @param file without one, nothing is kept.
 * @throws FileError if it is of another surface, or broken.
 */
export async function openSurface(
  file: string | undefined,
  identity: SurfaceIdentity,
  grid: LandscapeGrid,
): Promise<SurfaceStore> {
  let points: LandscapePoints = { loss: [], accuracy: [] };
  if (file !== undefined && (await isFile(file))) {
    const found = parseSurface(await readFile(file), file);
    requireSameSurface(found, identity, grid, file);
    points = { loss: found.loss, accuracy: found.accuracy };
  }
  let latest: LandscapePoints | undefined;
  let written = performance.now();
  const write = async (): Promise<void> => {
    if (file === undefined || latest === undefined) return;
    await writeFileAtomic(file, serializeSurface({ identity, ...grid, ...latest }));
    [latest, written] = [undefined, performance.now()];
  };
  return {
    points,
    keep: async (found) => {
      latest = found;
      if (performance.now() - written >= writeMilliseconds) await write();
    },
    close: write,
  };
}
