import type { WorkOptions } from "../analyze/work.ts";
import { drawBar } from "./draw-progress.ts";
import { padTo } from "./draw-table.ts";
import { listenForInterruption } from "./interruption.ts";
import type { Terminal } from "./terminal.ts";

/** Work that is over before this says nothing of its progress. */
const quietMilliseconds = 500;
const redrawMilliseconds = 100;
const eraseLine = "\r\x1b[K";

/** How the parts of a longer work tell what they do and how far they are. */
export interface WatchedWork {
  /** Says what is done from now on. */
  readonly begin: (what: string) => WorkOptions;
}

/**
 * Does work that may take long: a person sees what is done and how far it is, and Ctrl-C ends it.
 *
 * @param action returns the exit code; it throws the signal's reason where it is ended.
 * @param interrupted what is said then.
 */
export async function watchingWork(
  terminal: Terminal,
  action: (work: WatchedWork) => Promise<number>,
  interrupted = "Interrupted; nothing was written",
): Promise<number> {
  using interruption = listenForInterruption(() => {});
  const { signal } = interruption;
  const start = performance.now();
  let drawnAt = start + quietMilliseconds - redrawMilliseconds;
  let drawn = false;
  const clear = (): void => {
    if (drawn) terminal.write(eraseLine);
    drawn = false;
  };
  const begin = (what: string): WorkOptions => {
    clear();
    const onProgress = (done: number): void => {
      const now = performance.now();
      if (!terminal.interactive || now - drawnAt < redrawMilliseconds) return;
      [drawnAt, drawn] = [now, true];
      const percent = padTo(`${Math.floor(100 * done)}%`, 4, "right");
      terminal.write(`${eraseLine}${what} ${drawBar(done, 24, terminal.style)} ${percent}`);
    };
    return { onProgress, signal };
  };
  try {
    return await action({ begin });
  } catch (error) {
    if (!signal.aborted) throw error;
    clear();
    terminal.problem(interrupted);
    return interruption.exitCode;
  } finally {
    clear();
  }
}
