import { philox4x32 } from "./philox.ts";

/** A small seeded source of choices, for examples and property tests. */
export class Draw {
  readonly #key: readonly [number, number];
  readonly #counter: [number, number, number, number] = [0, 0, 0, 0];
  readonly #block: Uint32Array = new Uint32Array(4);
  #left = 0;

  constructor(seed: number) {
    this.#key = [seed | 0, 0];
  }

  /** Uniform in [0, 1). */
  unit(): number {
    if (this.#left === 0) {
      philox4x32(this.#counter, this.#key, this.#block);
      this.#counter[0]++;
      this.#left = 4;
    }
    return this.#block[--this.#left]! / 2 ** 32;
  }

  float(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** Integer in [low, high], both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  bool(probability = 0.5): boolean {
    return this.unit() < probability;
  }

  pick<T>(options: readonly T[]): T {
    return options[this.int(0, options.length - 1)]!;
  }

  /** A shape with `rank` extents in [1, largest]. */
  shape(rank: number, largest = 4): number[] {
    return Array.from({ length: rank }, () => this.int(1, largest));
  }
}
