import type { Evaluation } from "../train/evaluate.ts";
import type { FitEvent } from "../train/events.ts";

/** What `--json` prints of an event of a training: all that it says but for tensors. */
export function eventRecord(event: FitEvent): Readonly<Record<string, unknown>> | undefined {
  switch (event.kind) {
    case "start": {
      const { resumedAt, ...rest } = event;
      return { ...rest, ...(resumedAt && { resumedAt: resumedAt.step }) };
    }
    case "step":
    case "monitor":
      return { ...event };
    case "epoch":
      return { kind: "epoch", ...event.record, seconds: event.seconds };
    case "evaluation":
      return { kind: "evaluation", epoch: event.epoch, dataset: event.dataset, ...event.evaluation.scores };
    case "checkpoint":
      return { kind: "checkpoint", step: event.checkpoint.position.step };
    case "end":
      return undefined;
  }
}

/** An evaluation with a record for each class. */
export function evaluationRecord(
  { samples, scores, confusion }: Evaluation,
  classes: readonly string[],
): Readonly<Record<string, unknown>> {
  return {
    samples,
    ...scores,
    macroF1: confusion.macroF1,
    confusion: classes.map((_, target) =>
      classes.map((__, prediction) => confusion.count(target, prediction)),
    ),
    classes: classes.map((name, index) => ({
      name,
      precision: confusion.precision(index),
      recall: confusion.recall(index),
      f1: confusion.f1(index),
    })),
  };
}
