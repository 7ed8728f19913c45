import { type EvaluateOptions, type Evaluation, evaluate } from "../train/evaluate.ts";
import { accuracy, topK } from "../train/metrics.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawConfusion } from "./draw-confusion.ts";
import { drawTable } from "./draw-table.ts";
import { formatCount, formatNumber, formatPercent } from "./format.ts";
import { type ImageForm, preprocessingFor } from "./image-form.ts";
import { loadData } from "./load-data.ts";
import { machineOptions, useThreads } from "./machine.ts";
import { integer, text } from "./option.ts";
import { loadTrained, openRun } from "./saved-run.ts";
import type { Terminal } from "./terminal.ts";
import { evaluationRecord } from "./training-json.ts";
import { UsageError } from "./usage-error.ts";

const options = {
  data: text(
    "NAME|DIR",
    "digits, mnist, fashion-mnist, cifar10 or a folder (default: what the run was trained on)",
  ),
  testLimit: integer("test images (default: as in the training)", {
    initial: undefined,
    least: 1,
    most: 1e9,
  }),
  batchSize: integer("images at a time", { initial: 256, least: 1, most: 65_536 }),
  ...machineOptions,
} as const;

export const evaluateRun: Command = defineCommand({
  name: "eval",
  summary: "Judge the network of a run on test images",
  operands: { name: "RUN", least: 1, most: 1 },
  options,
  examples: ["fovea eval runs/mine", "fovea eval runs/mine --data mnist --json"],
  run: runEvaluation,
});

async function runEvaluation(
  { values, operands }: Arguments<typeof options>,
  terminal: Terminal,
): Promise<number> {
  useThreads(values.threads);
  const path = operands[0]!;
  const run = await openRun(path);
  const model = await loadTrained(run);
  const { settings, images } = run;
  const data = values.data ?? settings.data;
  const testLimit = values.testLimit ?? (data === settings.data ? settings.testLimit : undefined);
  const photographs = { preprocessing: preprocessingFor(images), seed: settings.seed };
  const { test } = await loadData({ data, testLimit }, { photographs });
  const { classes, normalization } = images;
  if (test.classes.length !== classes.length) {
    throw new UsageError(
      `--data ${data} has ${test.classes.length} classes, but the run has ${classes.length}`,
    );
  }
  const dataset = test.normalized(normalization);
  const began = performance.now();
  const evaluation = await evaluate(model, dataset, {
    batchSize: values.batchSize,
    metrics: metricsFor(classes.length),
  });
  const seconds = (performance.now() - began) / 1000;
  if (values.json) {
    terminal.line(JSON.stringify({ run: path, data, seconds, ...evaluationRecord(evaluation, classes) }));
  } else {
    for (const line of describe(evaluation, images, path, data, terminal)) terminal.line(line);
  }
  return 0;
}

/** The top 5, or the top 3 of few classes; of fewer still it would say nothing. */
function metricsFor(classes: number): NonNullable<EvaluateOptions["metrics"]> {
  if (classes <= 5) return [accuracy()];
  return [accuracy(), topK(classes < 20 ? 3 : 5)];
}

function describe(
  evaluation: Evaluation,
  { classes }: ImageForm,
  path: string,
  data: string,
  { columns, style }: Terminal,
): string[] {
  const { samples, scores, confusion } = evaluation;
  const { loss, ...shares } = scores;
  const perClass = classes.map((name, index) => {
    const shareOf = [confusion.precision(index), confusion.recall(index), confusion.f1(index)];
    return [name, ...shareOf.map((share) => formatPercent(share))];
  });
  const table = drawTable(
    [["class", "precision", "recall", "F1"], ...perClass],
    ["left", "right", "right", "right"],
  );
  return [
    `${path} on ${formatCount(samples)} images of ${data}`,
    "",
    ...drawTable(
      [
        ["loss", formatNumber(loss)],
        ...Object.entries(shares).map(([name, share]) => [name, formatPercent(share)]),
        ["macro F1", formatPercent(confusion.macroF1)],
      ],
      ["left", "right"],
    ),
    "",
    ...drawConfusion(confusion, classes, columns, style),
    "",
    style.dim(table[0]!),
    ...table.slice(1),
  ];
}
