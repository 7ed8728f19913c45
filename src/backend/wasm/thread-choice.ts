/** Runs until the code is compiled by the engine's best compiler, more or less: their times say nothing. */
const warmUp = 16;
/**
 * Every so many runs the number of threads that was slower lately is tried. While all are faster, one thread's time is
 * known well enough from long ago; while one is, the others may be free again at any time.
 */
const period = { one: 64, all: 1024 };
/** It is tried twice, as the first time has to wake sleeping threads. */
const trials = 2;
/** Above this many milliseconds threads always pay, so the other choice is not tried. */
const longRun = 30;
/** Weight of the newest time in the running mean. */
const newest = 0.25;

/**
 * Chooses how many threads a program runs on: all of them, or one where that has been faster lately.
 *
 * Threads that wait for each other every few microseconds are slow while something else wants their processors, and a
 * tiny program may not be worth their start. Results do not depend on the choice.
 */
export class ThreadChoice {
  readonly #all: number;
  readonly #means: Record<"one" | "all", number> = { one: Number.NaN, all: Number.NaN };
  #runs = 0;

  constructor(all: number) {
    this.#all = all;
  }

  /** The number of threads for the next run. */
  next(): number {
    const { one, all } = this.#means;
    if (this.#all === 1 || this.#runs < warmUp || all > longRun) return this.#all;
    const unknown = Number.isNaN(one);
    const single = one < all;
    const tries = unknown || this.#runs % period[single ? "one" : "all"] < trials;
    return single !== tries ? 1 : this.#all;
  }

  /** The number of threads that was faster lately. */
  get usual(): number {
    return this.#means.one < this.#means.all ? 1 : this.#all;
  }

  /** Tells how long a run took. */
  note(threads: number, milliseconds: number): void {
    this.#runs++;
    if (this.#runs <= warmUp / 2) return;
    const choice = threads === 1 ? "one" : "all";
    const mean = this.#means[choice];
    // A faster time is believed at once, a slower one bit by bit: it may have been an accident.
    const faster = !(milliseconds >= mean);
    this.#means[choice] = faster ? milliseconds : mean + newest * (milliseconds - mean);
  }
}
