import { DivergenceError } from "./divergence-error.ts";
import { addTotals, readTotals, type Totals } from "./totals.ts";
import type { StepResult } from "./training-step.ts";

interface Entry {
  readonly step: number;
  readonly samples: number;
  readonly targets: number;
  readonly result: StepResult;
}

/**
 * Results of batches that the host has not looked at yet.
 *
 * Looking may mean waiting for a device, so it is done for many steps at once; the sums are the same whenever it is done.
 */
export class LossLedger {
  #entries: Entry[] = [];

  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  /**
   * Adds all results to each of the sums.
   *
   * @throws DivergenceError that names the first step whose loss is not finite.
   */
  async settle(
    sums: readonly Totals[],
    learningRateAt: (step: number) => number | Promise<number>,
  ): Promise<void> {
    const entries = this.#entries;
    this.#entries = [];
    for (const { step, samples, targets, result } of entries) {
      const loss = await result.loss.item();
      if (!Number.isFinite(loss)) {
        throw new DivergenceError(`the loss became ${loss}`, step, await learningRateAt(step));
      }
      const metrics = await readTotals(result.totals);
      for (const sum of sums) addTotals(sum, { samples, targets, loss: loss * samples, metrics });
    }
  }
}
