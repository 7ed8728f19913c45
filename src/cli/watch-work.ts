import type { WorkOptions } from "../analyze/work.ts";
import { listenForInterruption } from "./interruption.ts";
import { ProgressDisplay } from "./progress-display.ts";
import type { Terminal } from "./terminal.ts";

/** Work that is over before this says nothing of its progress. */
const quietMilliseconds = 500;

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
  const displayed = (): ProgressDisplay => new ProgressDisplay(terminal, !terminal.interactive);
  let display = displayed();
  const quietUntil = performance.now() + quietMilliseconds;
  const begin = (what: string): WorkOptions => {
    // A new one counts the time that is left anew.
    display = displayed();
    const onProgress = (done: number): void => {
      if (performance.now() >= quietUntil) display.show(what, done, 1);
    };
    return { onProgress, signal };
  };
  try {
    return await action({ begin });
  } catch (error) {
    if (!signal.aborted) throw error;
    display.clear();
    terminal.problem(interrupted);
    return interruption.exitCode;
  } finally {
    display.clear();
  }
}
