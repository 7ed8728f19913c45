import { IndexError } from "../core/errors.ts";

/** Counts of predictions by true class; a share whose divisor is 0 is 0, as scikit-learn has it. */
export class ConfusionMatrix {
  readonly classes: number;
  /** Row-major: `counts[target · classes + prediction]`. */
  readonly counts: Float64Array;

  constructor(classes: number) {
    this.classes = classes;
    this.counts = new Float64Array(classes * classes);
  }

  /** Counts pairs of a true and a predicted class. */
  add(targets: ArrayLike<number>, predictions: ArrayLike<number>): void {
    for (let i = 0; i < targets.length; i++) {
      this.counts[this.#index(targets[i]!) * this.classes + this.#index(predictions[i]!)]!++;
    }
  }

  count(target: number, prediction: number): number {
    return this.counts[this.#index(target) * this.classes + this.#index(prediction)]!;
  }

  get total(): number {
    return this.counts.reduce((a, b) => a + b, 0);
  }

  /** Σ right / Σ all */
  get accuracy(): number {
    let right = 0;
    for (let c = 0; c < this.classes; c++) right += this.count(c, c);
    return share(right, this.total);
  }

  /** Of the predictions of a class, those that are right. */
  precision(of: number): number {
    return share(this.count(of, of), this.#predicted(of));
  }

  /** Of the targets of a class, those that were found. */
  recall(of: number): number {
    return share(this.count(of, of), this.#actual(of));
  }

  /** The harmonic mean of precision and recall: 2 · right / (predicted + actual). */
  f1(of: number): number {
    return share(2 * this.count(of, of), this.#predicted(of) + this.#actual(of));
  }

  /** The unweighted mean of the classes' F1. */
  get macroF1(): number {
    let total = 0;
    for (let c = 0; c < this.classes; c++) total += this.f1(c);
    return share(total, this.classes);
  }

  #actual(target: number): number {
    const row = this.#index(target) * this.classes;
    return this.counts.subarray(row, row + this.classes).reduce((a, b) => a + b, 0);
  }

  #predicted(prediction: number): number {
    let total = 0;
    for (let target = 0; target < this.classes; target++) total += this.count(target, prediction);
    return total;
  }

  #index(value: number): number {
    if (Number.isInteger(value) && value >= 0 && value < this.classes) return value;
    throw new IndexError(`ConfusionMatrix: there is no class ${value} among ${this.classes}`);
  }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
