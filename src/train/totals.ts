import type { Tensor } from "../core/tensor.ts";
import type { Metric } from "./metrics.ts";

/** A loss and metrics by name: means over samples and targets. */
export type Scores = Readonly<Record<string, number>> & { readonly loss: number };

/** Sums over batches, from which scores follow; plain data, so that a checkpoint holds them exactly. */
export interface Totals {
  samples: number;
  /** As many as samples in classification, and one per pixel in segmentation. */
  targets: number;
  /** Σ mean loss of a batch · its samples */
  loss: number;
  /** Σ `Metric.total`, by the metric's name. */
  metrics: Record<string, number>;
}

/** The metrics' totals of a batch as a record of lazy scalars. */
export function metricTotals(
  metrics: readonly Metric[],
  logits: Tensor,
  labels: Tensor,
): Record<string, Tensor> {
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric.total(logits, labels)]));
}

/** Their values on the host. */
export async function readTotals(totals: Readonly<Record<string, Tensor>>): Promise<Record<string, number>> {
  const read = Object.entries(totals).map(async ([name, total]) => [name, await total.item()] as const);
  return Object.fromEntries(await Promise.all(read));
}

export function noTotals(metrics: readonly Metric[]): Totals {
  return {
    samples: 0,
    targets: 0,
    loss: 0,
    metrics: Object.fromEntries(metrics.map(({ name }) => [name, 0])),
  };
}

/** Adds one batch. */
export function addTotals(totals: Totals, batch: Totals): void {
  totals.samples += batch.samples;
  totals.targets += batch.targets;
  totals.loss += batch.loss;
  for (const name of Object.keys(totals.metrics)) totals.metrics[name]! += batch.metrics[name]!;
}

export function scoresOf(totals: Totals): Scores {
  const named = Object.entries(totals.metrics).map(
    ([name, total]) => [name, total / totals.targets] as const,
  );
  return { loss: totals.loss / totals.samples, ...Object.fromEntries(named) };
}
