import type { Tensor } from "../core/tensor.ts";
import type { MonitorEvent } from "./events.ts";
import type { Observation, ParameterNorms } from "./observation.ts";

export interface MonitorOptions {
  /** Updates between two that are looked at. */
  readonly every: number;
}

/** Units of one rectifier: channels of maps, or features. */
export interface UnitCounts {
  readonly units: number;
  /** Those that were 0 for every image, at every position, of the batch. */
  readonly dead: number;
  /** Those that were so in all batches of the epoch that were looked at so far, by this process. */
  readonly deadInEpoch: number;
}

/** Looks at an update now and then, and remembers which units have fired in an epoch. */
export class Monitor {
  readonly #every: number;
  readonly #fired = new Map<string, Uint8Array>();
  #epoch = 0;

  constructor({ every }: MonitorOptions) {
    this.#every = every;
  }

  /** Whether update number `step`, counted from 1, is looked at. */
  isDue(step: number): boolean {
    return step % this.#every === 0;
  }

  /** Reads what was seen. */
  async read(
    observation: Observation,
    at: { readonly epoch: number; readonly step: number; readonly learningRate: number },
  ): Promise<MonitorEvent> {
    if (at.epoch !== this.#epoch) this.#fired.clear();
    this.#epoch = at.epoch;
    const parameters: Record<string, ParameterNorms<number>> = {};
    for (const [name, { value, gradient, update }] of Object.entries(observation.parameters)) {
      parameters[name] = {
        value: await value.item(),
        gradient: await gradient.item(),
        update: await update.item(),
      };
    }
    const rectifiers: Record<string, UnitCounts> = {};
    for (const [name, peaks] of Object.entries(observation.peaks)) {
      rectifiers[name] = await this.#count(name, peaks);
    }
    return {
      kind: "monitor",
      ...at,
      gradientNorm: await observation.gradientNorm.item(),
      parameters,
      rectifiers,
    };
  }

  async #count(name: string, tensor: Tensor): Promise<UnitCounts> {
    const peaks = await tensor.data();
    const fired = this.#fired.get(name) ?? new Uint8Array(peaks.length);
    this.#fired.set(name, fired);
    let dead = 0;
    for (let i = 0; i < peaks.length; i++) {
      if (peaks[i] === 0) dead++;
      else fired[i] = 1;
    }
    return { units: peaks.length, dead, deadInEpoch: fired.filter((each) => each === 0).length };
  }
}
