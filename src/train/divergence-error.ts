import { FoveaError } from "../core/errors.ts";

/** A training whose numbers are no longer finite. */
export class DivergenceError extends FoveaError {
  readonly code = "DIVERGED";
  /** The update, counted from 1, in which it was seen. */
  readonly step: number;
  readonly learningRate: number;

  constructor(problem: string, step: number, learningRate: number) {
    super(
      `${problem} in step ${step} at learning rate ${learningRate}\n` +
        "  hint: a smaller learning rate, a warm-up or clipNorm may help; so may a look at the data's range",
    );
    this.step = step;
    this.learningRate = learningRate;
  }
}
