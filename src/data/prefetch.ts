/** Makes item `index`; `signal` is aborted when nobody waits for it any more. */
export type Producer<T> = (index: number, signal: AbortSignal) => T | Promise<T>;

export interface PrefetchOptions {
  /** How many items are prepared ahead of the one that the consumer works on. */
  readonly depth: number;
  /** Stops the iteration with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Items `start` to `end − 1` in order, with the next `depth` in the making while the consumer works on one.
 *
 * An item is begun in a task of its own, so a producer that never waits runs as soon as the consumer does wait,
 * and not before the consumer got its item. An error reaches the consumer in the item's place. Leaving the loop
 * aborts what is under way and begins nothing more.
 */
export async function* prefetch<T>(
  produce: Producer<T>,
  start: number,
  end: number,
  { depth, signal }: PrefetchOptions,
): AsyncGenerator<T, void, undefined> {
  const stop = new AbortController();
  const abort = (): void => stop.abort(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const ahead: Pending<T>[] = [];
  let begun = start;
  try {
    for (let index = start; index < end; index++) {
      signal?.throwIfAborted();
      for (; begun < end && begun <= index + depth; begun++) {
        ahead.push(new Pending(produce, begun, stop.signal));
      }
      const item = await ahead.shift()!.take();
      signal?.throwIfAborted();
      yield item;
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    stop.abort();
    for (const pending of ahead) pending.cancel();
  }
}

/** One item: begun by a timer or when it is taken, whichever comes first. */
class Pending<T> {
  readonly #begin: () => Promise<T>;
  readonly #timer: ReturnType<typeof setTimeout>;
  #result: Promise<T> | undefined;

  constructor(produce: Producer<T>, index: number, signal: AbortSignal) {
    this.#begin = async () => {
      signal.throwIfAborted();
      return await produce(index, signal);
    };
    this.#timer = setTimeout(() => this.#start(), 0);
  }

  take(): Promise<T> {
    this.cancel();
    return this.#start();
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  #start(): Promise<T> {
    if (this.#result === undefined) {
      this.#result = this.#begin();
      // An error is the consumer's when it takes the item; until then it is no unhandled rejection.
      this.#result.catch(() => {});
    }
    return this.#result;
  }
}
