import { ArgumentError } from "../core/errors.ts";
import type { Module } from "../nn/module.ts";
import { loadState, readState, type StateDict } from "../nn/state-dict.ts";
import { defaultGenerator, type Generator } from "../ops/generator.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { DivergenceError } from "./divergence-error.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import type { Continuity, Position } from "./position.ts";

/** The variables that a training changes: those of the model, the optimizer and the generators. */
export class TrainingState {
  readonly #model: Module;
  readonly #optimizer: Optimizer;
  readonly #generators: ReadonlyMap<string, Generator>;
  /** Names of the model's variables that are meant to hold infinities, such as a mask. */
  #infinite: ReadonlySet<string> = new Set();

  constructor(model: Module, optimizer: Optimizer, generators: Readonly<Record<string, Generator>> = {}) {
    if ("default" in generators) {
      throw new ArgumentError(
        'fit: the name "default" among the generators is that of the default generator',
      );
    }
    this.#model = model;
    this.#optimizer = optimizer.attach(model.namedParameters());
    this.#generators = new Map([["default", defaultGenerator], ...Object.entries(generators)]);
  }

  /** Is called before the first update. */
  async begin(): Promise<void> {
    this.#infinite = new Set(notFinite(await this.#model.stateDict()));
  }

  /** @throws DivergenceError rather than giving a checkpoint of numbers with which nothing can go on. */
  async checkpoint(position: Position, learningRate: number): Promise<Checkpoint> {
    const checkpoint = {
      model: await this.#model.stateDict(),
      optimizer: await this.#optimizer.stateDict(),
      random: await readState(this.#states()),
      position,
    };
    const broken =
      notFinite(checkpoint.model).find((name) => !this.#infinite.has(name)) ??
      notFinite(checkpoint.optimizer)[0];
    if (broken === undefined) return checkpoint;
    throw new DivergenceError(`${broken} got a value that is not finite`, position.step, learningRate);
  }

  /** @throws StateDictError or ArgumentError if the checkpoint is that of another model, optimizer or setting. */
  restore({ model, optimizer, random, position }: Checkpoint, continuity: Continuity): void {
    const changed = fieldsOf(continuity).filter((field) => continuity[field] !== position.continuity[field]);
    if (changed.length > 0) {
      const rows = changed.map(
        (field) => `\n  ${field}: ${position.continuity[field]} in the checkpoint, now ${continuity[field]}`,
      );
      throw new ArgumentError(
        `fit: a training goes on only with the settings that it began with${rows.join("")}`,
      );
    }
    this.#model.loadStateDict(model);
    this.#optimizer.loadStateDict(optimizer);
    loadState([...this.#states()], random);
  }

  #states(): Map<string, Generator["state"]> {
    return new Map([...this.#generators].map(([name, { state }]) => [name, state]));
  }
}

function fieldsOf(continuity: Continuity): (keyof Continuity)[] {
  return Object.keys(continuity) as (keyof Continuity)[];
}

function notFinite(state: StateDict): string[] {
  const isFloat = (data: unknown): data is Float32Array | Float64Array =>
    data instanceof Float32Array || data instanceof Float64Array;
  return [...state]
    .filter(([, { data }]) => isFloat(data) && !data.every(Number.isFinite))
    .map(([name]) => name);
}
