import { EventWriter } from "../io/tensorboard/event-writer.node.ts";
import type { Module } from "../nn/module.ts";
import type { ConfusionMatrix } from "./confusion-matrix.ts";
import type { EvaluationEvent, FitEvent, MonitorEvent } from "./events.ts";

/** Pixels on a side of a confusion matrix's cells, where that does not make the picture larger than the most. */
const cellPixels = 16;
const mostPixels = 512;

/**
 * Writes what a training tells into a folder that TensorBoard shows: hand {@link onEvent} to `fit`.
 *
 * - `train/…`: loss and metrics since the last report, learning rate, images per second;
 * - `validation/…`, `test/…`: what evaluations found, with the confusion matrix as a picture (a row a class, bright
 *   where its share is high);
 * - with fit's `monitor`, by parameter or layer: `gradient_norm/…`, `weight_norm/…`, `update_ratio/…` (‖Δp‖ / ‖p‖),
 *   `dead_units/…` and `dead_units_in_epoch/…` (shares);
 * - every epoch the parameters' histograms.
 *
 * A training that goes on writes another file, which takes back what was written after its checkpoint.
 */
export class TensorBoardLog {
  readonly #writer: EventWriter;
  readonly #model: Module;
  /** Evaluations come before the event that tells after how many steps they were made. */
  #judged: EvaluationEvent[] = [];

  private constructor(writer: EventWriter, model: Module) {
    this.#writer = writer;
    this.#model = model;
  }

  /** A log in a folder, which is made where it does not exist. @throws FileError if it cannot be written. */
  static async create(folder: string, model: Module): Promise<TensorBoardLog> {
    return new TensorBoardLog(await EventWriter.create(folder), model);
  }

  /** The file that is written. */
  get path(): string {
    return this.#writer.path;
  }

  readonly onEvent = async (event: FitEvent): Promise<void> => {
    const writer = this.#writer;
    switch (event.kind) {
      case "start":
        if (event.resumedAt) writer.startAt(event.resumedAt.step + 1);
        break;
      case "step": {
        const { step, scores, learningRate, imagesPerSecond } = event;
        writer.scalars(step, {
          ...tagged("train", scores),
          "train/learning_rate": learningRate,
          "train/images_per_second": imagesPerSecond,
        });
        return;
      }
      case "monitor":
        writer.scalars(event.step, monitored(event));
        break;
      case "evaluation":
        this.#judged.push(event);
        return;
      case "epoch":
        await this.#judge(event.record.step);
        await this.#describeParameters(event.record.step);
        break;
      case "end":
        await this.#judge(event.result.steps);
    }
    await writer.flush();
  };

  async #judge(step: number): Promise<void> {
    const judged = this.#judged;
    this.#judged = [];
    for (const { dataset, evaluation } of judged) {
      this.#writer.scalars(step, tagged(dataset, evaluation.scores));
      await this.#writer.image(step, `${dataset}/confusion`, drawConfusion(evaluation.confusion));
    }
  }

  async #describeParameters(step: number): Promise<void> {
    for (const [name, parameter] of this.#model.namedParameters()) {
      this.#writer.histogram(step, name, (await parameter.value.data()) as ArrayLike<number>);
    }
  }
}

const tagged = (group: string, scores: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(scores).map(([name, score]) => [`${group}/${name}`, score]));

function monitored({ gradientNorm, parameters, rectifiers }: MonitorEvent): Record<string, number> {
  const scalars: Record<string, number> = { "train/gradient_norm": gradientNorm };
  for (const [name, { value, gradient, update }] of Object.entries(parameters)) {
    scalars[`gradient_norm/${name}`] = gradient;
    scalars[`weight_norm/${name}`] = value;
    // What is 0, as biases are at first, has no relative change.
    if (value > 0) scalars[`update_ratio/${name}`] = update / value;
  }
  for (const [name, { units, dead, deadInEpoch }] of Object.entries(rectifiers)) {
    scalars[`dead_units/${name}`] = dead / units;
    scalars[`dead_units_in_epoch/${name}`] = deadInEpoch / units;
  }
  return scalars;
}

/** Shares of each true class in grey, a row a class. */
function drawConfusion(confusion: ConfusionMatrix): {
  width: number;
  height: number;
  channels: 1;
  data: Uint8Array;
} {
  const { classes } = confusion;
  const cell = Math.max(1, Math.min(cellPixels, Math.floor(mostPixels / classes)));
  const side = classes * cell;
  const data = new Uint8Array(side * side);
  for (let target = 0; target < classes; target++) {
    const row = confusion.counts.subarray(target * classes, (target + 1) * classes);
    const total = row.reduce((a, b) => a + b, 0);
    if (total === 0) continue;
    for (let y = target * cell; y < (target + 1) * cell; y++) {
      row.forEach((count, prediction) => {
        const at = y * side + prediction * cell;
        data.fill(Math.round((255 * count) / total), at, at + cell);
      });
    }
  }
  return { width: side, height: side, channels: 1, data };
}
