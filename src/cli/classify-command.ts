import type { Arguments } from "./arguments.ts";
import { type Classified, classifyFiles, expandFolders } from "./classify-files.ts";
import { openClassifyingModel } from "./classify-source.ts";
import type { ClassifyingModel } from "./classifying-model.ts";
import { type Command, defineCommand } from "./command.ts";
import {
  classificationRecord,
  csvHead,
  csvRow,
  drawRanking,
  drawSeen,
  type Labels,
} from "./draw-classification.ts";
import { readLabels } from "./label-file.ts";
import { machineOptions, useThreads } from "./machine.ts";
import { integer, text } from "./option.ts";
import { preparationOptions } from "./preparation-options.ts";
import { newestRun } from "./saved-run.ts";
import { printable } from "./style.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { watchingDownloads } from "./watch-downloads.ts";

const options = {
  model: text(
    "NAME",
    "a run, an ONNX file, a network with published weights, or timm/… (default: the newest run in runs/)",
  ),
  architecture: text("NAME", "the network that a file of weights is for, where it does not say"),
  top: integer("how many classes to name", { initial: 5, least: 1 }),
  labels: text(
    "FILE",
    "names of the classes, one a line, or imagenet (default: those that the network knows)",
  ),
  batch: integer("images at a time", { initial: 16, least: 1, most: 4096 }),
  ...preparationOptions,
  ...machineOptions,
} as const;

export const classify: Command = defineCommand({
  name: "classify",
  summary: "Say what images show",
  details:
    "Images are JPEG, PNG, PGM or PPM of any size; a folder means all in it, and gives a table in CSV. Photographs are " +
    "resized and cropped as the network wants it, digits cropped, scaled and centred as MNIST was made. For ONNX files " +
    "of other programs, options tell what most networks of ImageNet do not share. A broken file gives an error and " +
    "exit code 1; the others are still classified.",
  operands: { name: "IMAGE...", least: 1, most: Number.POSITIVE_INFINITY },
  options,
  examples: [
    "fovea classify photo.jpg --model timm/resnet50.a1_in1k",
    "fovea classify digit.png",
    "fovea classify scans/*.pgm --model runs/mine --top 1 --json",
    "fovea classify photos/ --model squeezenet1.1.onnx --labels imagenet --resize 256",
    "  --bgr --scale 255 --mean 104,117,123",
  ],
  run: runClassification,
});

async function runClassification(
  { values, operands }: Arguments<typeof options>,
  terminal: Terminal,
): Promise<number> {
  useThreads(values.threads);
  const { files, folders } = await expandFolders(operands);
  const name = values.model ?? (await newestRun());
  const network = await watchingDownloads(terminal, (transfer) =>
    openClassifyingModel(name, values, transfer),
  );
  const labels = values.labels === undefined ? network.labels : await readLabels(values.labels);
  let [failed, shown] = [false, 0];
  for await (const result of classifyFiles(files, network, values.batch)) {
    if ("error" in result) failed = true;
    else if (shown++ === 0) checkLabels(labels, result.ranked.length, values.labels);
    if (values.json) {
      terminal.line(classificationRecord(result, name, values.top, labels));
    } else if ("error" in result) {
      terminal.problem(`fovea: ${printable(result.error)}`);
    } else if (folders) {
      if (shown === 1) terminal.line(csvHead(Math.min(values.top, result.ranked.length)));
      terminal.line(csvRow(result, values.top, labels));
    } else {
      if (shown > 1) terminal.line();
      const lines = describe(result, network, values.top, labels, files.length === 1, terminal);
      for (const line of lines) terminal.line(line);
    }
  }
  return failed ? 1 : 0;
}

function checkLabels(labels: Labels, classes: number, file: string | undefined): void {
  if (labels === undefined || labels.length === classes) return;
  throw new UsageError(
    `${file === undefined ? "the network" : `--labels: ${file}`} has ${labels.length} names for ${classes} classes`,
  );
}

/** The classes of one image; if it is the only one, also what a network of one channel saw of it. */
function describe(
  result: Classified,
  { imageShape }: ClassifyingModel,
  top: number,
  labels: Labels,
  alone: boolean,
  { columns, style }: Terminal,
): string[] {
  const [file, ...bars] = drawRanking(result, top, labels, style);
  const [channels, , width] = imageShape;
  const seen = alone && channels === 1 ? ["", ...drawSeen(result, width, columns, style), ""] : [];
  return [file!, ...seen, ...bars];
}
