import type { Work } from "./protocol.ts";
import { SideError, type SideProcess } from "./side-process.ts";

/** How fast a side was in one of its modes, or why it was not. */
export interface ModeTrial {
  readonly mode: string;
  readonly millisecondsPerRun?: number;
  readonly refused?: string;
}

/** How long a mode runs before it is timed, and while it is. */
const warmUp = { milliseconds: 500 };
const trial = { milliseconds: 1000 };

/**
 * Finds the fastest of a side's modes, each in a process of its own, so that no mode pays for the memory of another.
 *
 * @param open starts a process of the side.
 * @returns the work in that mode; unchanged where there are no modes.
 * @throws SideError with the last mode's reason if none works.
 */
export async function fastestMode(
  open: () => SideProcess,
  work: Work,
  modes: readonly string[],
  log: (line: string) => void,
): Promise<{ readonly work: Work; readonly trials: readonly ModeTrial[] }> {
  if (modes.length === 0) return { work, trials: [] };
  const trials: ModeTrial[] = [];
  for (const mode of modes) {
    const tried = await tryMode(open(), withMode(work, mode), mode);
    log(`${mode}: ${tried.refused ?? `${tried.millisecondsPerRun!.toFixed(1)} ms a run`}`);
    trials.push(tried);
  }
  const time = ({ millisecondsPerRun = Number.POSITIVE_INFINITY }: ModeTrial) => millisecondsPerRun;
  const best = trials.reduce((a, b) => (time(b) < time(a) ? b : a));
  if (best.refused !== undefined) throw new SideError(trials.at(-1)!.refused);
  return { work: withMode(work, best.mode), trials };
}

function withMode(work: Work, mode: string): Work {
  return { ...work, settings: { ...work.settings, mode } };
}

async function tryMode(process: SideProcess, work: Work, mode: string): Promise<ModeTrial> {
  try {
    await process.ask({ do: "start", ...work });
    await process.ask({ do: "time", ...warmUp });
    const { milliseconds, runs } = await process.ask({ do: "time", ...trial });
    return { mode, millisecondsPerRun: milliseconds / runs };
  } catch (error) {
    if (!(error instanceof SideError)) throw error;
    return { mode, refused: error.message };
  } finally {
    process.close();
  }
}
