import type { Dataset } from "../data/dataset.ts";
import type { Module } from "../nn/module.ts";
import type { FitResult } from "../train/fit-options.ts";
import { Classifier } from "./classifier.ts";
import { drawConfusion } from "./draw-confusion.ts";
import { formatCount, formatDuration, formatMany, formatNumber, formatPercent } from "./format.ts";
import { drawSamples, pickSamples } from "./gallery.ts";
import { definitionList } from "./help.ts";
import type { Terminal } from "./terminal.ts";

/** Right and wrong samples to show, each. */
const shown = 3;

export interface FinishedTraining {
  readonly model: Module;
  /** What the network is judged by. */
  readonly dataset: Dataset;
  readonly result: FitResult;
  readonly seconds: number;
  /** Of the run. */
  readonly path: string;
}

/** Tells how good a network became, by numbers and by pictures, and what to do with it. */
export async function reportTraining(training: FinishedTraining, terminal: Terminal): Promise<void> {
  const { model, dataset, result, seconds, path } = training;
  const { columns, style } = terminal;
  const { test, history, steps, stopped } = result;
  const put = (lines: readonly string[]): void => {
    for (const line of lines) terminal.line(line);
  };
  if (test) {
    terminal.line();
    const right = `${formatCount(Math.round(test.accuracy * test.samples))} of ${formatCount(test.samples)}`;
    terminal.line(
      `${style.bold(`Test accuracy ${formatPercent(test.accuracy)}`)} (${right}), loss ${formatNumber(test.loss)}`,
    );
    terminal.line();
    put(drawConfusion(test.confusion, dataset.classes, columns, style));
    const gallery = await pickSamples(new Classifier(model), dataset, shown);
    for (const [title, samples] of [
      ["Right", gallery.right],
      ["Most surely wrong", gallery.wrong],
    ] as const) {
      if (samples.length === 0) continue;
      put(["", style.bold(title), ""]);
      put(await drawSamples(samples, dataset, columns, style));
    }
  }
  terminal.line();
  const early = stopped === "early" ? ", ended early because the loss got no lower" : "";
  terminal.line(
    `Trained ${formatMany(history.length, "epoch")} (${formatMany(steps, "step")}) in ${formatDuration(seconds)}${early}`,
  );
  terminal.line(`Saved in ${path}`);
  put(
    definitionList(
      [
        ["evaluate", `npx fovea eval ${path}`],
        ["classify", `npx fovea classify IMAGE --model ${path}`],
        ["train on", `npx fovea train --resume ${path} --epochs ${2 * history.length}`],
      ],
      Number.POSITIVE_INFINITY,
    ),
  );
}

export function reportInterruption(steps: number, path: string, terminal: Terminal): void {
  terminal.line(`Interrupted after ${formatMany(steps, "step")}; the checkpoint is saved in ${path}`);
  terminal.line(`  resume  npx fovea train --resume ${path}`);
}
