import { attributeTo } from "../analyze/attribution/attribute.ts";
import type { Attribution, AttributionMethod } from "../analyze/attribution/attribution.ts";
import { type Faithfulness, faithfulness, randomMap } from "../analyze/attribution/faithfulness.ts";
import { attributionMethods } from "../analyze/attribution/methods.ts";
import { sanityCheck } from "../analyze/attribution/sanity-check.ts";
import { type Subject, subjectOf } from "../analyze/attribution/subject.ts";
import { attributionPanel } from "../analyze/pictures/attribution-panel.ts";
import { photographPixels } from "../analyze/pictures/overlay.ts";
import { ArgumentError } from "../core/errors.ts";
import { tensor } from "../core/tensor.ts";
import { normalizeBytes } from "../data/preprocess.ts";
import { encodePng } from "../io/png-encode.ts";
import type { Arguments } from "./arguments.ts";
import { classNamed } from "./class-operand.ts";
import { type Command, defineCommand } from "./command.ts";
import { attributionTable, type Explained, explainedRecord, sanityTable } from "./draw-attribution.ts";
import { readLabels } from "./label-file.ts";
import { machineOptions, useThreads } from "./machine.ts";
import { type Network, networkOptions, openNetwork, viewImage, whatNetworksAre } from "./network-operand.ts";
import { choice, flag, integer, real, text } from "./option.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { watchingDownloads } from "./watch-downloads.ts";
import { type WatchedWork, watchingWork } from "./watch-work.ts";
import { requirePictureName, writePicture } from "./write-picture.ts";

const methodNames = Object.keys(attributionMethods) as AttributionMethod[];

/** Methods that run the network too often to be asked once for every layer. */
const slowMethods: ReadonlySet<AttributionMethod> = new Set(["score-cam", "occlusion"]);

const natural = { initial: undefined, least: 1 } as const;
const anyNumber = { initial: undefined, least: -1e6, most: 1e6 } as const;

const options = {
  method: choice("NAME", [...methodNames, "all"], "grad-cam", "how pixels are judged"),
  class: text("CLASS", "what is to be explained, by number or name (default: the most probable)"),
  labels: text(
    "FILE",
    "names of the classes, one a line, or imagenet (default: those that the network knows)",
  ),
  layer: text("NAME", "whose maps Grad-CAM and its kin weigh (default: the last with spatial extent)"),
  steps: integer("points on the way of integrated gradients (default: 32)", natural),
  baseline: real("where that way begins, in the network's units (default: 0)", anyNumber),
  samples: integer("noisy images of SmoothGrad (default: 24)", natural),
  window: integer("side of the square that occlusion covers (default: a seventh of the image)", natural),
  stride: integer("pixels from one square to the next (default: half a window)", natural),
  fill: real(
    "what occlusion and deletion put in a pixel's place, in the network's units (default: 0)",
    anyNumber,
  ),
  score: flag("judges the maps by deletion and insertion, beside a random one"),
  sanity: flag("compares the maps with those of the network when its weights are random, layer after layer"),
  independent: flag("for --sanity: randomizes each layer alone, not also those behind it"),
  out: text("FILE.png", "writes the photograph with the maps laid over it"),
  zoom: integer("pixels of the picture for one of the image", natural),
  ...networkOptions,
  ...machineOptions,
} as const;

type AttributeArguments = Arguments<typeof options>;

export const attribute: Command = defineCommand({
  name: "attribute",
  summary: "Show which pixels of a photograph spoke for a class",
  details:
    `${whatNetworksAre} The score before softmax is explained. Of more images than one the means are told; a picture ` +
    "is of one. docs/attribution.md has the methods' papers and what they are worth.",
  operands: { name: "MODEL IMAGE...", least: 2, most: Number.POSITIVE_INFINITY },
  options,
  examples: [
    "fovea attribute resnet50 photo.jpg --pretrained --out heat.png",
    "fovea attribute net.onnx photo.jpg --method all --class tabby --labels imagenet --out panel.png",
    "fovea attribute net.onnx photos/*.jpg --method all --score",
    "fovea attribute runs/mine digit.png --method guided-backprop --sanity",
  ],
  run: runAttribute,
});

async function runAttribute(args: AttributeArguments, terminal: Terminal): Promise<number> {
  const { values, operands } = args;
  const [name, ...files] = operands as [string, ...string[]];
  checkOptions(args, files);
  useThreads(values.threads);
  const labels = values.labels === undefined ? undefined : await readLabels(values.labels);
  const network = await watchingDownloads(terminal, (transfer) => openNetwork(name, values, transfer));
  const named = labels ?? network.labels;
  const index = values.class === undefined ? undefined : classNamed(values.class, named);
  const methods = values.method === "all" ? methodNames : [values.method];
  return watchingWork(terminal, async (work) => {
    const all: Explained[] = [];
    for (const file of files) {
      const photograph = await viewImage(file, network);
      const subject = await subjectFor(photograph, network, index, named);
      if (values.sanity) return checkSanity(args, subject, file, work, terminal);
      const explained = await explain(args, subject, file, methods, work);
      all.push(explained);
      if (values.out !== undefined) await draw(args, explained, photograph, subject);
      if (values.json) terminal.line(JSON.stringify({ model: name, ...explainedRecord(explained, named) }));
    }
    if (!values.json)
      for (const line of attributionTable(name, all, named, terminal.style)) terminal.line(line);
    return 0;
  });
}

function checkOptions({ values, given }: AttributeArguments, files: readonly string[]): void {
  if (values.out !== undefined) requirePictureName(values.out, ["png"]);
  if (files.length > 1 && (values.out !== undefined || values.sanity)) {
    throw new UsageError(
      `--${values.sanity ? "sanity" : "out"} is for one image, but there are ${files.length}`,
    );
  }
  if (values.sanity && (values.score || values.out !== undefined)) {
    throw new UsageError(`--sanity goes without --${values.score ? "score" : "out"}`);
  }
  if (given.has("independent") && !values.sanity) throw new UsageError("--independent is for --sanity");
}

async function subjectFor(
  photograph: Uint8Array,
  { model, imageShape, normalization }: Network,
  index: number | undefined,
  labels: readonly string[] | undefined,
): Promise<Subject> {
  const image = tensor(normalizeBytes(photograph, normalization), { shape: [1, ...imageShape] });
  const subject = await subjectOf(model, image, index);
  if (labels && labels.length !== subject.classes) {
    throw new ArgumentError(`there are ${labels.length} names for ${subject.classes} classes`);
  }
  return subject;
}

/** The settings of the methods that were told. */
function settingsOf({ values }: AttributeArguments) {
  const { layer, steps, samples, window, stride, seed } = values;
  const told = {
    layer,
    steps,
    samples,
    window,
    stride,
    baseline: values.baseline,
    fill: values.fill,
  };
  return { seed, ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) };
}

async function explain(
  args: AttributeArguments,
  subject: Subject,
  file: string,
  methods: readonly AttributionMethod[],
  { begin }: WatchedWork,
): Promise<Explained> {
  const { score, seed } = args.values;
  const settings = settingsOf(args);
  const judge = (map: Float32Array, what: string): Promise<Faithfulness> | undefined => {
    return score
      ? faithfulness(subject, map, { ...judgeSettings(args), ...begin(`judges ${what}`) })
      : undefined;
  };
  const rows: { attribution: Attribution; seconds: number; judged?: Faithfulness | undefined }[] = [];
  for (const method of methods) {
    const start = performance.now();
    const attribution = await attributeTo(subject, method, { ...settings, ...begin(method) });
    const seconds = (performance.now() - start) / 1000;
    rows.push({ attribution, seconds, judged: await judge(attribution.values, method) });
  }
  const random = await judge(randomMap(subject, seed), "a random order");
  return { file, subject, rows, random };
}

function judgeSettings({ values }: AttributeArguments): { seed: number; fill?: number } {
  return { seed: values.seed, ...(values.fill !== undefined && { fill: values.fill }) };
}

async function draw(
  { values }: AttributeArguments,
  { rows }: Explained,
  photograph: Uint8Array,
  { channels, height, width }: Subject,
): Promise<void> {
  const plane = height * width;
  const bytes = values.bgr
    ? Uint8Array.from(
        photograph,
        (_, i) => photograph[(channels - 1 - Math.floor(i / plane)) * plane + (i % plane)]!,
      )
    : photograph;
  const image = attributionPanel(
    photographPixels(bytes, height, width),
    rows.map(({ attribution }) => attribution),
    values.zoom === undefined ? {} : { scale: values.zoom },
  );
  await writePicture(values.out!, { png: () => encodePng(image) });
}

async function checkSanity(
  args: AttributeArguments,
  subject: Subject,
  file: string,
  { begin }: WatchedWork,
  terminal: Terminal,
): Promise<number> {
  const { method, independent, json } = args.values;
  const methods = method === "all" ? methodNames.filter((each) => !slowMethods.has(each)) : [method];
  const mode = independent ? "independent" : "cascading";
  const result = await sanityCheck(subject.model, subject.image, methods, {
    ...{ ...settingsOf(args), class: subject.class, mode },
    ...begin("randomizes weights"),
  });
  if (json) terminal.line(JSON.stringify({ model: args.operands[0], file, ...result }));
  else for (const line of sanityTable(result, methods, terminal.style)) terminal.line(line);
  return 0;
}
