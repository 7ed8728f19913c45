import type { Module } from "../nn/module.ts";
import { Parameter } from "../nn/parameter.ts";

export interface FreezeOptions {
  /** Whether the part with this path is frozen; "" is the whole network, where that has parameters of its own. */
  readonly where: (path: string) => boolean;
  /** How many epochs, from the first on; all unless told. */
  readonly epochs?: number;
}

/**
 * Keeps parts of a model as they are while the others are trained.
 *
 * A frozen part's own parameters do not learn, and it works as in evaluation: dropout is off, and a batch normalization
 * uses its running statistics and leaves them alone.
 */
export class Freezer implements Disposable {
  readonly #model: Module;
  readonly #options: FreezeOptions;
  /** Parameters that would be trained otherwise. */
  readonly #parameters: readonly Parameter[];

  constructor(model: Module, options: FreezeOptions) {
    this.#model = model;
    this.#options = options;
    this.#parameters = [...model.namedModules()]
      .filter(([path]) => options.where(path))
      .flatMap(([, module]) => ownParameters(module))
      .filter(({ trainable }) => trainable);
  }

  /** Sets what holds in an epoch, counted from 0; the model is in training mode otherwise. */
  apply(epoch: number): void {
    const { where, epochs = Number.POSITIVE_INFINITY } = this.#options;
    const frozen = epoch < epochs;
    for (const parameter of this.#parameters) parameter.trainable = !frozen;
    // Outer modules come first, so that what they set inside is corrected by the inner ones.
    for (const [path, module] of this.#model.namedModules()) module.train(!(frozen && where(path)));
  }

  /** Gives the parameters back as they were; the modes are the caller's. */
  [Symbol.dispose](): void {
    for (const parameter of this.#parameters) parameter.trainable = true;
  }
}

function ownParameters(module: Module): Parameter[] {
  const members = [...module.members()].map(([, member]) => member);
  return members.filter((member) => member instanceof Parameter);
}
