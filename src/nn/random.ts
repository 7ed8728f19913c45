import { allocate, type DType, type TypedArray } from "../core/dtype.ts";
import { ArgumentError } from "../core/errors.ts";
import { philox4x32 } from "../core/philox.ts";
import type { Storage } from "../core/storage.ts";
import { defaultGenerator } from "../ops/generator.ts";

/** The last counter word, which keeps initial values apart from other uses of the same seed ("init" in ASCII). */
const purpose = 0x696e6974;

let currentSeed = 0;
let nextStream = 0;

/**
 * Makes all that is random from now on a function of `seed`: the initial values of layers, by the order in which they
 * are made, and what the default generator draws, such as dropout's masks.
 *
 * Without a call the seed is 0.
 *
 * @throws ArgumentError if `seed` is no integer from 0 to 2⁵³ − 1.
 */
export function manualSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ArgumentError(`manualSeed: the seed must be an integer from 0 to 2^53 - 1, but is ${seed}`);
  }
  currentSeed = seed;
  nextStream = 0;
  defaultGenerator.seed(seed);
}

/** A stream of random numbers on the host that is a pure function of seed and number. */
export class InitialStream {
  readonly #key: readonly [number, number];
  readonly #counter: [number, number, number, number];
  readonly #block = new Uint32Array(4);
  #used = 4;

  /** The next stream of the current seed. */
  constructor() {
    this.#key = [currentSeed % 2 ** 32, Math.floor(currentSeed / 2 ** 32)];
    this.#counter = [0, nextStream % 2 ** 32, Math.floor(nextStream / 2 ** 32), purpose];
    nextStream++;
  }

  /** A number of [0, 1) with 32 random bits. */
  uniform(): number {
    return this.#word() * 2 ** -32;
  }

  /** A standard normal number, by Box and Muller's transform from two words, the first counted from 1. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log((this.#word() + 1) * 2 ** -32));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  #word(): number {
    if (this.#used === 4) {
      philox4x32(this.#counter, this.#key, this.#block);
      this.#counter[0]++;
      this.#used = 0;
    }
    return this.#block[this.#used++]!;
  }
}

/**
 * Elements that are drawn when they are first read.
 *
 * A network that is made only to load published weights into it then draws nothing.
 */
export class DrawnStorage implements Storage {
  readonly dtype: DType;
  readonly length: number;
  #draw: ((into: TypedArray) => void) | undefined;
  #data: TypedArray | undefined;

  constructor(dtype: DType, length: number, draw: (into: TypedArray) => void) {
    this.dtype = dtype;
    this.length = length;
    this.#draw = draw;
  }

  read(): TypedArray {
    if (!this.#data) {
      this.#data = allocate(this.dtype, this.length);
      this.#draw?.(this.#data);
      this.#draw = undefined;
    }
    return this.#data;
  }
}
