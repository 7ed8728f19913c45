/** Measures how fast a training goes, without the time that it spends on other things. */
export class Pace {
  #samples = 0;
  #steps = 0;
  #milliseconds = 0;
  #since: number | undefined;

  start(): void {
    this.#since ??= performance.now();
  }

  stop(): void {
    if (this.#since === undefined) return;
    this.#milliseconds += performance.now() - this.#since;
    this.#since = undefined;
  }

  /** Does something that shall not count. */
  async aside(work: () => Promise<void>): Promise<void> {
    const running = this.#since !== undefined;
    this.stop();
    await work();
    if (running) this.start();
  }

  count(samples: number, steps: number): void {
    this.#samples += samples;
    this.#steps += steps;
  }

  /** The means since the last call. */
  lap(): { imagesPerSecond: number; secondsPerStep: number } {
    const running = this.#since !== undefined;
    this.stop();
    const seconds = Math.max(this.#milliseconds, 1e-3) / 1000;
    const lap = {
      imagesPerSecond: this.#samples / seconds,
      secondsPerStep: seconds / Math.max(1, this.#steps),
    };
    this.#samples = this.#steps = this.#milliseconds = 0;
    if (running) this.start();
    return lap;
  }
}
