/** One kernel's part of a profiled run. */
export interface KernelTime {
  /** The number of the kernel in `Program.describe()`, and of the run among the profiled ones. */
  readonly kernel: number;
  readonly run: number;
  /** When it began, as `performance.now()` tells it, and how long it took, in milliseconds. */
  readonly start: number;
  readonly ms: number;
}

/** One phase of a compilation, such as "fuse"; times are those of `KernelTime`. */
export interface PhaseTime {
  readonly name: string;
  readonly start: number;
  readonly ms: number;
}

/** Takes the times of phases that follow each other. */
export class Stopwatch {
  readonly phases: PhaseTime[] = [];
  #last: number = performance.now();

  /** Ends the phase that began with the end of the one before, or with the watch. */
  lap(name: string): void {
    const now = performance.now();
    this.phases.push({ name, start: this.#last, ms: now - this.#last });
    this.#last = now;
  }
}

/** What a program's kernels took in profiled runs. */
export class Profile {
  #on = false;
  #runs = 0;
  #times: KernelTime[] = [];

  get on(): boolean {
    return this.#on;
  }

  get times(): readonly KernelTime[] {
    return this.#times;
  }

  /** Begins to profile runs, without the times of those before, or ends it and keeps the times. */
  switch(on: boolean): void {
    this.#on = on;
    if (!on) return;
    this.#runs = 0;
    this.#times = [];
  }

  beginRun(): void {
    this.#runs++;
  }

  /** Does a kernel's work, and takes its time if runs are profiled. */
  time(kernel: number, work: () => void): void {
    const start = performance.now();
    work();
    if (this.#on) this.#times.push({ kernel, run: this.#runs - 1, start, ms: performance.now() - start });
  }

  /** For each of `count` kernels, the median of its times and how many there are. */
  summary(count: number): { ms: number | undefined; runs: number }[] {
    const times = Array.from({ length: count }, (): number[] => []);
    for (const { kernel, ms } of this.#times) times[kernel]!.push(ms);
    return times.map((list) => ({ ms: medianOf(list), runs: list.length }));
  }
}

/** The middle value, or the mean of the two in the middle; undefined of none. */
export function medianOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const last = values.length - 1;
  return (sorted[Math.floor(last / 2)]! + sorted[Math.ceil(last / 2)]!) / 2;
}
