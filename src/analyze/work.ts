/** What long analyses tell and listen to while they run. */
export interface WorkOptions {
  /** Told again and again how much is done, from 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Ends the work early: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Notes that a part of the work is done, and lets signals and timers of the program have their turn. */
export async function reached(done: number, { onProgress, signal }: WorkOptions): Promise<void> {
  onProgress?.(done);
  await new Promise((resolve) => setTimeout(resolve, 0));
  signal?.throwIfAborted();
}
