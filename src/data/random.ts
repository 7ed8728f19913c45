import { ArgumentError } from "../core/errors.ts";
import { multiplyHigh, philox4x32 } from "../core/philox.ts";

/** What a stream is for; it keeps two uses of one seed from drawing the same numbers. */
export const purposes = {
  order: 1,
  split: 2,
  transform: 3,
  writing: 4,
  pose: 5,
  noise: 6,
  user: 7,
  view: 8,
  mix: 9,
} as const;

export type Purpose = keyof typeof purposes;

/**
 * A stream of random numbers that is a pure function of `(seed, purpose, index)`.
 *
 * `seed` is an integer of at most 53 bits and `index` (a sample, an epoch) likewise. Each pair has a stream of
 * its own with 2³² blocks of four words from Philox4x32-10, so sample `i` never depends on how many numbers
 * sample `i − 1` drew.
 */
export class Random {
  readonly #key = new Uint32Array(2);
  readonly #counter = new Uint32Array(4);
  readonly #block = new Uint32Array(4);
  /** Words of `#block` that were handed out. */
  #used = 4;

  constructor(seed: number, purpose: Purpose = "user", index = 0) {
    this.restart(seed, purpose, index);
  }

  /** Goes to the start of another stream, as the constructor would, without an allocation. */
  restart(seed: number, purpose: Purpose, index: number): this {
    checkInteger("seed", seed);
    checkInteger("index", index);
    this.#key[0] = seed % 2 ** 32;
    this.#key[1] = Math.floor(seed / 2 ** 32);
    this.#counter[0] = 0;
    this.#counter[1] = index % 2 ** 32;
    this.#counter[2] = Math.floor(index / 2 ** 32);
    this.#counter[3] = purposes[purpose];
    this.#used = 4;
    return this;
  }

  /** The next 32 random bits as an unsigned integer. */
  uint32(): number {
    if (this.#used === 4) {
      philox4x32(this.#counter, this.#key, this.#block);
      this.#counter[0]!++;
      this.#used = 0;
    }
    return this.#block[this.#used++]!;
  }

  /** A number of [low, high) with 32 random bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.uint32() * 2 ** -32);
  }

  /**
   * A normally distributed number, by Box and Muller's transform from two words.
   *
   * The first word counts from 1, so that the logarithm is finite and |z| ≤ √(64 ln 2) ≈ 6.66.
   */
  normal(mean = 0, std = 1): number {
    const radius = Math.sqrt(-2 * Math.log((this.uint32() + 1) * 2 ** -32));
    return mean + std * radius * Math.cos(2 * Math.PI * 2 ** -32 * this.uint32());
  }

  /**
   * An integer of [0, n) with equal probabilities, for 1 ≤ n ≤ 2³².
   *
   * Lemire: Fast Random Integer Generation in an Interval (2019): the upper half of `word · n`, where words that
   * would favour some integers are rejected.
   */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new ArgumentError(`below: n must be an integer from 1 to 2^32, but is ${n}`);
    }
    if (n === 2 ** 32) return this.uint32();
    let word = this.uint32();
    let low = Math.imul(word, n) >>> 0;
    if (low < n) {
      const rejected = 2 ** 32 % n;
      while (low < rejected) {
        word = this.uint32();
        low = Math.imul(word, n) >>> 0;
      }
    }
    return multiplyHigh(word, n);
  }

  /** The integers of [0, n) in an order drawn from all n! with equal probabilities (Fisher and Yates). */
  permutation(n: number): Uint32Array {
    if (!Number.isInteger(n) || n < 0 || n > 2 ** 32) {
      throw new ArgumentError(`permutation: n must be an integer from 0 to 2^32, but is ${n}`);
    }
    const order = new Uint32Array(n);
    for (let i = 1; i < n; i++) {
      // The "inside-out" form: places i while it shuffles what is there already.
      const j = this.below(i + 1);
      order[i] = order[j]!;
      order[j] = i;
    }
    return order;
  }
}

function checkInteger(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new ArgumentError(`${name} must be an integer from 0 to 2^53 - 1, but is ${value}`);
  }
}
