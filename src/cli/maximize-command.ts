import { type Maximization, maximizeActivation } from "../analyze/maximization/maximize-activation.ts";
import { drawAtlas } from "../analyze/pictures/atlas.ts";
import { photographPixels } from "../analyze/pictures/overlay.ts";
import type { Image } from "../io/image.ts";
import { encodePng } from "../io/png-encode.ts";
import type { Arguments } from "./arguments.ts";
import { classNamed } from "./class-operand.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawTable } from "./draw-table.ts";
import { formatNumber } from "./format.ts";
import { readLabels } from "./label-file.ts";
import { machineOptions, useThreads } from "./machine.ts";
import { networkOptions, openNetwork, whatNetworksAre } from "./network-operand.ts";
import { choice, integer, numbers, positive, text } from "./option.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { watchingDownloads } from "./watch-downloads.ts";
import { watchingWork } from "./watch-work.ts";
import { requirePictureName, writePicture } from "./write-picture.ts";

const options = {
  layer: text("NAME", "the layer whose channels are maximized (default: the class scores)"),
  channel: numbers("channels of the layer, each with an image of its own (default: 0)", (n) =>
    Number.isInteger(n),
  ),
  class: text("CLASS", "a class by number or name; several with semicolons between"),
  labels: text(
    "FILE",
    "names of the classes, one a line, or imagenet (default: those that the network knows)",
  ),
  steps: integer("steps of gradient ascent", { initial: 256, least: 1, most: 100_000 }),
  rate: positive("how far a step goes (default: 0.05)"),
  basis: choice("NAME", ["waves", "pixels"], "waves", "what is changed"),
  jitter: integer("pixels by which the image is moved before each step (default: a 16th of its width)", {
    initial: undefined,
    least: 0,
  }),
  l2: positive("how strongly pixels are drawn to grey (default: not)"),
  totalVariation: positive("how strongly neighbours are drawn to each other (default: not)"),
  blur: positive("pixels of the Gaussian that smooths each step (default: none)"),
  out: text("FILE.png", "writes the images"),
  zoom: integer("pixels of the picture for one of an image", { initial: undefined, least: 1, most: 64 }),
  ...networkOptions,
  ...machineOptions,
} as const;

type MaximizeArguments = Arguments<typeof options>;

export const maximize: Command = defineCommand({
  name: "maximize",
  summary: "Make images that excite a layer's channels, or a class, as much as possible",
  details:
    `${whatNetworksAre} Gradient ascent from noise. The waves that are changed unless told otherwise have the strengths ` +
    "that they have in photographs; with --basis pixels a little of --blur or --total-variation helps.",
  operands: { name: "MODEL", least: 1, most: 1 },
  options,
  examples: [
    "fovea maximize resnet18 --pretrained --layer layer3 --channel 0,1,2,3 --out channels.png",
    'fovea maximize net.onnx --class "goldfish; espresso" --labels imagenet --out classes.png',
    "fovea maximize resnet18 --pretrained --class 1 --basis pixels --blur 1 --l2 0.1 --out plain.png",
  ],
  run: runMaximize,
});

async function runMaximize({ values, operands }: MaximizeArguments, terminal: Terminal): Promise<number> {
  const [name] = operands as [string];
  const { out, layer } = values;
  if (out !== undefined) requirePictureName(out, ["png"]);
  if (values.class !== undefined && (layer !== undefined || values.channel !== undefined)) {
    throw new UsageError("--class means the network's output: give it without --layer and --channel");
  }
  useThreads(values.threads);
  const labels = values.labels === undefined ? undefined : await readLabels(values.labels);
  const network = await watchingDownloads(terminal, (transfer) => openNetwork(name, values, transfer));
  const { model, imageShape, normalization } = network;
  const named = labels ?? network.labels;
  const channels = values.class?.split(";").map((each) => classNamed(each.trim(), named)) ??
    values.channel ?? [0];
  const { steps, basis, seed } = values;
  const told = {
    ...{ layer, learningRate: values.rate, jitter: values.jitter },
    ...{ l2: values.l2, totalVariation: values.totalVariation, blur: values.blur },
  };
  return watchingWork(terminal, async ({ begin }) => {
    const result = await maximizeActivation(model, {
      ...{ imageShape, normalization, channels, steps, basis, seed },
      ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
      ...begin("climbs"),
    });
    const names = channels.map((channel) => (layer === undefined ? (named?.[channel] ?? "") : ""));
    if (out !== undefined) {
      const picture = draw(result, names, values.bgr, values.zoom);
      await writePicture(out, { png: () => encodePng(picture) });
    }
    const { before, after } = result;
    if (values.json) {
      const each = channels.map((channel, n) => ({ channel, before: before[n], after: after[n] }));
      terminal.line(JSON.stringify({ model: name, layer, steps, basis, channels: each }));
      return 0;
    }
    const rows = channels.map((channel, n) => [
      ...[String(channel), names[n]!, formatNumber(before[n]!), formatNumber(after[n]!)],
    ]);
    const head = [layer === undefined ? "class" : "channel", "", "at first", "at last"];
    const [heading, ...table] = drawTable([head, ...rows], ["right", "left", "right", "right"]);
    terminal.line(terminal.style.dim(heading!));
    for (const line of table) terminal.line(line);
    return 0;
  });
}

function draw(
  { images, channels, imageShape, layer }: Maximization,
  names: readonly string[],
  bgr: boolean,
  zoom: number | undefined,
): Image {
  const [count, height, width] = imageShape;
  const plane = height * width;
  const tiles = channels.map((channel, n) => {
    const bytes = Uint8Array.from({ length: count * plane }, (_, i) => {
      const c = bgr ? count - 1 - Math.floor(i / plane) : Math.floor(i / plane);
      return Math.round(255 * images[(n * count + c) * plane + (i % plane)]!);
    });
    const label = layer === undefined ? `${channel} ${names[n]!}`.trim() : String(channel);
    return { rgb: photographPixels(bytes, height, width), width, height, label: label.slice(0, width / 8) };
  });
  const title = layer === undefined ? {} : { title: layer };
  return drawAtlas(tiles, { ...title, ...(zoom !== undefined && { scale: zoom }) });
}
