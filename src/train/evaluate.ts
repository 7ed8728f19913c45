import { type Compiled, compile } from "../compiler/compile.ts";
import { ArgumentError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Module } from "../nn/module.ts";
import { withMode } from "../nn/with-mode.ts";
import { ConfusionMatrix } from "./confusion-matrix.ts";
import { chooseLoss, type LossFunction } from "./loss.ts";
import { accuracy, type Metric, predictedClasses } from "./metrics.ts";
import { addTotals, metricTotals, noTotals, readTotals, type Scores, scoresOf } from "./totals.ts";
import { EventLoopYield } from "./yield-to-event-loop.ts";

export interface EvaluateOptions {
  /** 256 unless told. */
  readonly batchSize?: number;
  /** Cross-entropy unless told. */
  readonly loss?: LossFunction;
  /** Accuracy unless told. */
  readonly metrics?: readonly Metric[];
  /** Ends the evaluation with the signal's reason as an error. */
  readonly signal?: AbortSignal | undefined;
}

export interface Evaluation {
  readonly samples: number;
  /** Mean over the samples. */
  readonly loss: number;
  /** Of the confusion matrix. */
  readonly accuracy: number;
  /** The loss and all metrics that were asked for. */
  readonly scores: Scores;
  readonly confusion: ConfusionMatrix;
}

/** Judges a model, in the mode in which it is used, on every sample of a dataset. */
export function evaluate(
  model: Module,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { batchSize = 256, metrics = [accuracy()], signal } = options;
  const loss = chooseLoss(options.loss ? { loss: options.loss } : {}).evaluation;
  return new Evaluator(model, loss, metrics).run(dataset, batchSize, signal);
}

interface BatchResult {
  readonly loss: Tensor;
  readonly predictions: Tensor;
  readonly totals: Readonly<Record<string, Tensor>>;
}

/** The compiled form of {@link evaluate}, for more than one use. */
export class Evaluator {
  readonly #model: Module;
  readonly #metrics: readonly Metric[];
  readonly #program: Compiled<[images: Tensor, labels: Tensor], BatchResult>;

  constructor(model: Module, loss: LossFunction, metrics: readonly Metric[]) {
    this.#model = model;
    this.#metrics = metrics;
    this.#program = compile((images: Tensor, labels: Tensor) => {
      const logits = model.forward(images);
      return {
        loss: loss(logits, labels),
        predictions: predictedClasses(logits),
        totals: metricTotals(metrics, logits, labels),
      };
    });
  }

  run(dataset: Dataset, batchSize: number, signal?: AbortSignal): Promise<Evaluation> {
    if (dataset.length === 0) throw new ArgumentError("evaluate: the dataset has no samples");
    return withMode(this.#model, false, () => this.#run(dataset, batchSize, signal));
  }

  async #run(dataset: Dataset, batchSize: number, signal: AbortSignal | undefined): Promise<Evaluation> {
    const totals = noTotals(this.#metrics);
    const confusion = new ConfusionMatrix(dataset.classes.length);
    const events = new EventLoopYield();
    for await (const batch of dataset.batches(batchSize, signal ? { signal } : {})) {
      const [images, labels] = batch;
      const result = await this.#program(images, labels);
      const mean = await result.loss.item();
      addTotals(totals, {
        samples: batch.size,
        targets: batch.labels.length,
        loss: mean * batch.size,
        metrics: await readTotals(result.totals),
      });
      confusion.add(batch.labels, await result.predictions.data());
      await events.pause();
    }
    const scores = scoresOf(totals);
    return {
      samples: totals.samples,
      loss: scores.loss,
      accuracy: confusion.accuracy,
      scores,
      confusion,
    };
  }
}
