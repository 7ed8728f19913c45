import { ArgumentError, FileError, FoveaError } from "../core/errors.ts";
import { prepareDigit } from "../data/prepare-digit.ts";
import { centerView, normalizeBytes } from "../data/preprocess.ts";
import type { ImageShape } from "../data/source.ts";
import { decodeImage } from "../io/decode-image.ts";
import { readFile } from "../io/files.node.ts";
import type { Arguments } from "./arguments.ts";
import { Classifier, type RankedClass } from "./classifier.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawImage, grayOf } from "./draw-image.ts";
import { drawBar } from "./draw-progress.ts";
import { drawTable } from "./draw-table.ts";
import { formatPercent } from "./format.ts";
import { machineOptions, useThreads } from "./machine.ts";
import { integer, text } from "./option.ts";
import { preprocessingFor } from "./run-config.ts";
import { loadTrained, newestRun, openRun, type SavedRun } from "./saved-run.ts";
import { printable } from "./style.ts";
import type { Terminal } from "./terminal.ts";

const options = {
  run: text("RUN", "the run whose network is asked (default: the newest in runs/)"),
  top: integer("how many classes to name", { initial: 3, least: 1 }),
  ...machineOptions,
} as const;

export const predict: Command = defineCommand({
  name: "predict",
  summary: "Say what images show, by the network of a run",
  details:
    "Images are JPEG, PNG, PGM or PPM of any size. For a run that was trained on photographs the middle is scaled as for " +
    "its tests; for one on digits, grey or coloured, dark on light or light on dark, they are cropped, scaled and " +
    "centred as MNIST was made. A broken file gives an error and exit code 1; the others are still predicted.",
  operands: { name: "IMAGE...", least: 1, most: Number.POSITIVE_INFINITY },
  options,
  examples: ["fovea predict digit.png", "fovea predict scans/*.pgm --run runs/mine --top 1 --json"],
  run: runPrediction,
});

/** What is known about one file. */
type Prediction =
  | { readonly file: string; readonly pixels: Uint8Array; readonly top: readonly RankedClass[] }
  | { readonly file: string; readonly error: string };

async function runPrediction(
  { values, operands }: Arguments<typeof options>,
  terminal: Terminal,
): Promise<number> {
  useThreads(values.threads);
  const path = values.run ?? (await newestRun());
  const run = await openRun(path);
  checkForm(run);
  const classifier = new Classifier(await loadTrained(run));
  const predictions: Prediction[] = [];
  for (const file of operands) predictions.push(await predictFile(file, run, classifier, values.top));
  const { classes, shape } = run.images;
  if (values.json) {
    terminal.line(
      JSON.stringify({ run: path, predictions: predictions.map((each) => record(each, classes)) }),
    );
  } else {
    for (const prediction of predictions) {
      if ("error" in prediction) terminal.problem(`fovea: ${printable(prediction.error)}`);
    }
    const lines =
      predictions.length === 1 && !("error" in predictions[0]!)
        ? describe(predictions[0]!, classes, shape, terminal)
        : tabulate(predictions, classes);
    for (const line of lines) terminal.line(line);
  }
  return predictions.some((each) => "error" in each) ? 1 : 0;
}

/** @throws ArgumentError if the run's images are not such as can be prepared. */
function checkForm({ images: { shape, photographs } }: SavedRun): void {
  const [channels, height, width] = shape;
  if (photographs || (channels === 1 && height === width)) return;
  throw new ArgumentError(
    `predict prepares square grey images, but the run was trained on images of [${shape.join(", ")}]`,
  );
}

async function predictFile(
  file: string,
  run: SavedRun,
  classifier: Classifier,
  top: number,
): Promise<Prediction> {
  try {
    const pixels = await prepareFile(file, run);
    const images = normalizeBytes(pixels, preprocessingFor(run.images));
    const [ranked] = await classifier.rank(images, [1, ...run.images.shape]);
    return { file, pixels, top: ranked!.slice(0, top) };
  } catch (error) {
    if (!(error instanceof FoveaError)) throw error;
    return { file, error: error.message };
  }
}

/** The file's image in the form of those that the network was trained on. */
async function prepareFile(file: string, { settings, images }: SavedRun): Promise<Uint8Array> {
  const image = await decodeImage(await readFile(file), file);
  const size = images.shape[1];
  try {
    if (images.photographs) return centerView(preprocessingFor(images))(image, undefined);
    // Articles of clothing fill their images and stand in the middle of them.
    return prepareDigit(
      image,
      settings.data === "fashion-mnist" ? { size, box: size, centre: "box" } : { size },
    );
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new FileError(file, error.message, undefined, { cause: error });
  }
}

function record(prediction: Prediction, classes: readonly string[]): Readonly<Record<string, unknown>> {
  if ("error" in prediction) return { file: prediction.file, error: prediction.error };
  const { file, top } = prediction;
  return { file, top: top.map(({ index, probability }) => ({ class: classes[index], probability })) };
}

function tabulate(predictions: readonly Prediction[], classes: readonly string[]): string[] {
  const rows = predictions.map((prediction) => {
    if ("error" in prediction) return [printable(prediction.file), "error"];
    const ranked = prediction.top.map(
      ({ index, probability }) => `${classes[index]} ${formatPercent(probability, 1).padStart(6)}`,
    );
    return [printable(prediction.file), ...ranked];
  });
  const width = Math.max(...rows.map((row) => row.length));
  return drawTable(
    rows,
    Array.from({ length: width }, () => "left" as const),
  );
}

/** The image as the network saw it, and a bar for each class. */
function describe(
  { file, pixels, top }: Exclude<Prediction, { readonly error: string }>,
  classes: readonly string[],
  shape: ImageShape,
  { columns, style }: Terminal,
): string[] {
  const image = grayOf(pixels, shape);
  const bars = top.map(({ index, probability }) => [
    classes[index]!,
    formatPercent(probability),
    drawBar(probability, 30, style),
  ]);
  return [
    printable(file),
    "",
    ...drawImage(image, Math.min(image.width, columns), style).map((line) => line.trimEnd()),
    "",
    ...drawTable(bars, ["left", "right", "left"]),
  ];
}
