import { ArgumentError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { Variable } from "../core/variable.ts";
import { add } from "./arithmetic.ts";
import { equal, logicalAnd, logicalOr } from "./compare.ts";
import { cast } from "./like.ts";
import { iota, narrow } from "./movement.ts";
import { bitsToUnit, randomBits } from "./random-bits.ts";

/**
 * A source of random tensors: a seed, and a counter that every draw moves on by one.
 *
 * Both lie in a variable, so a compiled function draws anew at each call, and a saved run goes on where it stopped.
 */
export class Generator {
  /** int32[4]: seed low, seed high, counter low, counter high. */
  readonly state: Variable;

  /** @param seed a whole number from 0 to 2⁵³ − 1. */
  constructor(seed = 0) {
    this.state = new Variable(tensor(initialState(seed)), { trainable: false });
  }

  /** Starts again, as a new generator with this seed would. */
  seed(seed: number): this {
    this.state.assign(initialState(seed));
    return this;
  }

  /** 32 random bits for each element of `shape`, as int32. */
  bits(shape: Shape): Tensor {
    const state = this.state.value;
    const drawn = randomBits(state, shape);
    this.state.assign(successor(state));
    return drawn;
  }

  /** Numbers in [0, 1), multiples of 2⁻²⁴: the same on every backend, to the last bit. */
  unit(shape: Shape): Tensor {
    return bitsToUnit(this.bits(shape));
  }
}

function initialState(seed: number): Int32Array {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ArgumentError(`a seed must be a whole number from 0 to 2^53 - 1, but is ${seed}`);
  }
  return Int32Array.of((seed % 2 ** 32) | 0, Math.floor(seed / 2 ** 32), 0, 0);
}

/** The state with its 64-bit counter moved on by one: the upper word moves where the lower one has all bits set. */
function successor(state: Tensor): Tensor {
  const place = iota(4);
  const carries = equal(narrow(state, 0, 2, 3), -1);
  const moves = logicalOr(equal(place, 2), logicalAnd(equal(place, 3), carries));
  return add(state, cast(moves, "int32"));
}

/** What random functions draw from unless they are told otherwise. */
export const defaultGenerator: Generator = new Generator();
