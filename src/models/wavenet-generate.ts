import { type Compiled, compile } from "../compiler/compile.ts";
import { ArgumentError } from "../core/errors.ts";
import { philox4x32 } from "../core/philox.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

export interface GenerateOptions {
  /** Default 0. */
  readonly seed?: number;
  /** What the logits are divided by; default 1. With 0 the likeliest code is taken. */
  readonly temperature?: number;
  /** Codes that came before; default one code of silence. */
  readonly prime?: ArrayLike<number>;
}

type Step = (pair: Tensor, past: Tensor) => Tensor;

/** What is generated from: see `WaveNet`. */
export interface Stepwise {
  readonly layers: readonly { readonly dilation: number }[];
  readonly inChannels: number;
  readonly numClasses: number;
  readonly residualChannels: number;
  readonly step: Step;
}

/** The last counter word, which keeps these draws apart from others of the same seed ("wave" in ASCII). */
const purpose = 0x77617665;

/**
 * Codes, each drawn from the network's distribution after those before it. The time for each is the same, since every
 * layer keeps the inputs that it will meet again in a queue as long as its dilation.
 *
 * Le Paine et al.: Fast WaveNet Generation Algorithm (2016).
 */
export async function generate(
  model: Stepwise,
  length: number,
  { seed = 0, temperature = 1, prime = [] }: GenerateOptions,
): Promise<Int32Array> {
  requireOptions(model, length, seed, temperature, prime);
  const given = prime.length > 0 ? Array.from(prime) : [model.numClasses >> 1];
  const state = new LayerQueues(model);
  const drawn = new Int32Array(length);
  for (let t = 0; t < given.length + length - 1; t++) {
    const logits = await state.advance(given[t] ?? drawn[t - given.length]!);
    const i = t - given.length + 1;
    if (i >= 0) drawn[i] = draw(logits, temperature, uniformAt(seed, i));
  }
  return drawn;
}

/** What the layers keep of the samples so far. */
export class LayerQueues {
  readonly #model: Stepwise;
  readonly #step: Compiled<[pair: Tensor, past: Tensor], Tensor>;
  /** Of each layer its last `dilation` inputs, of which the one at t stands at t mod dilation. */
  readonly #queues: readonly Float32Array[];
  #before: number | undefined;
  #time = 0;

  constructor(model: Stepwise) {
    this.#model = model;
    this.#step = compile((pair, past) => model.step(pair, past));
    this.#queues = model.layers.map(({ dilation }) => new Float32Array(dilation * model.residualChannels));
  }

  /** The logits after one more code. */
  async advance(code: number): Promise<ArrayLike<number>> {
    const { inChannels, numClasses, residualChannels: channels, layers } = this.#model;
    const pair = new Float32Array(2 * inChannels);
    if (this.#before !== undefined) pair[2 * this.#before] = 1;
    pair[2 * code + 1] = 1;
    const past = new Float32Array(layers.length * channels);
    this.#queues.forEach((queue, i) => {
      past.set(this.#slot(queue), i * channels);
    });
    const outputs = await this.#step(
      tensor(pair, { shape: [1, inChannels, 2] }),
      tensor(past, { shape: [layers.length, channels] }),
    );
    const values = await outputs.data();
    this.#queues.forEach((queue, i) => {
      const start = numClasses + i * channels;
      this.#slot(queue).set(values.subarray(start, start + channels));
    });
    this.#before = code;
    this.#time++;
    return values.subarray(0, numClasses);
  }

  #slot(queue: Float32Array): Float32Array {
    const channels = this.#model.residualChannels;
    const start = (this.#time * channels) % queue.length;
    return queue.subarray(start, start + channels);
  }
}

/** The code at which the sum of the probabilities passes u. */
function draw(logits: ArrayLike<number>, temperature: number, u: number): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  if (temperature === 0) return best;
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - logits[best]!) / temperature));
  let rest = u * weights.reduce((sum, weight) => sum + weight, 0);
  const code = weights.findIndex((weight) => {
    rest -= weight;
    return rest < 0;
  });
  // Rounding may leave a little of the sum.
  return code < 0 ? best : code;
}

/** A number of [0, 1) that seed and position alone decide. */
function uniformAt(seed: number, position: number): number {
  const block = new Uint32Array(4);
  const words = (n: number): [number, number] => [n % 2 ** 32, Math.floor(n / 2 ** 32)];
  philox4x32([...words(position), 0, purpose], words(seed), block);
  return block[0]! * 2 ** -32;
}

function requireOptions(
  { inChannels, numClasses }: Stepwise,
  length: number,
  seed: number,
  temperature: number,
  prime: ArrayLike<number>,
): void {
  if (inChannels !== numClasses) {
    throw new ArgumentError(
      `WaveNet.generate: codes that come out must be able to go in, but there are ${numClasses} and ${inChannels}`,
    );
  }
  const whole = (value: number, below: number) => Number.isSafeInteger(value) && value >= 0 && value < below;
  const problems = [
    whole(length, 2 ** 32) ? "" : `length must be a whole number, but is ${length}`,
    whole(seed, 2 ** 53) ? "" : `seed must be an integer from 0 to 2^53 - 1, but is ${seed}`,
    temperature >= 0 && temperature < Infinity
      ? ""
      : `temperature must not be negative, but is ${temperature}`,
    Array.from(prime).every((code) => whole(code, numClasses))
      ? ""
      : `prime must hold codes below ${numClasses}`,
  ].filter((problem) => problem !== "");
  if (problems.length > 0) throw new ArgumentError(`WaveNet.generate: ${problems.join("; ")}`);
}
