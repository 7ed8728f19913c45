import { type EffectiveField, effectiveReceptiveField } from "../analyze/effective-receptive-field.ts";
import { fieldChart } from "../analyze/pictures/field-chart.ts";
import { fieldPicture } from "../analyze/pictures/field-picture.ts";
import { type AxisField, type LayerField, layerFields } from "../analyze/receptive-field.ts";
import { requireCall, traceLayers } from "../analyze/trace-layers.ts";
import { createWasmBackend } from "../backend/wasm/wasm.ts";
import { ArgumentError } from "../core/errors.ts";
import { Tensor } from "../core/tensor.ts";
import { encodePng } from "../io/png-encode.ts";
import { manualSeed } from "../nn/random.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawEffectiveField, drawFields } from "./draw-fields.ts";
import { machineOptions } from "./machine.ts";
import {
  networkOptions,
  openNetwork,
  openStructure,
  readImages,
  type Structure,
  whatNetworksAre,
} from "./network-operand.ts";
import { choice, flag, flagName, integer, type Option, text } from "./option.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { watchingDownloads } from "./watch-downloads.ts";
import { watchingWork } from "./watch-work.ts";
import { requirePictureName, writePicture } from "./write-picture.ts";

const unitOption: Option<readonly number[] | undefined> = {
  placeholder: "Y,X",
  help: "which place of the layer's output (default: the middle one)",
  initial: undefined,
  parse: (value, name) => {
    const places = value.split(",").map((part) => (/^ *\d+ *$/.test(part) ? Number(part) : Number.NaN));
    if (places.every(Number.isSafeInteger)) return places;
    throw new UsageError(`${name} must be whole numbers such as 3,3, but is "${value}"`);
  },
};

/** Options that mean nothing without --effective. */
const effectiveOptions = {
  unit: unitOption,
  count: integer("random inputs where no IMAGE is given", { initial: 16, least: 1, most: 1e6 }),
  channels: choice(
    "KIND",
    ["signs", "sum"],
    "signs",
    "what of a place's channels is differentiated: their sum, or with a random sign each",
  ),
  measure: choice("KIND", ["absolute", "squared"], "absolute", "what of the gradient is averaged"),
} as const;

const options = {
  layer: text("NAME", "one layer (default: all, or with --effective the last with several places)"),
  effective: flag("measures the effective receptive field: the gradient of one place, averaged over inputs"),
  ...effectiveOptions,
  out: text("FILE", "writes a picture: an SVG of sizes by layer, or with --effective a PNG of the field"),
  ...networkOptions,
  ...machineOptions,
} as const;

type FieldArguments = Arguments<typeof options>;

export const receptiveFieldCommand: Command = defineCommand({
  name: "receptive-field",
  summary: "Show what of the input each layer sees, by theory and in effect",
  details:
    "Size is from the first pixel that reaches a place to the last; stride is how far the field moves from one place to " +
    "the next; pad is how far the first one's reaches before the image. The narrowest and the widest way differ where " +
    "ways part, as at shortcuts. Taps are the pixels in the field that reach the place. With --effective, the size is " +
    "the side of a square of as many pixels as have more than 4.55% of the greatest gradient (Luo et al. 2016), and the " +
    `normal distribution is fitted by its moments. ${whatNetworksAre}`,
  operands: { name: "MODEL [IMAGE...]", least: 1, most: Number.POSITIVE_INFINITY },
  options,
  examples: [
    "fovea receptive-field resnet50",
    "fovea receptive-field resnet50 --out sizes.svg",
    "fovea receptive-field resnet18 --layer layer3 --effective --out field.png",
    "fovea receptive-field net.onnx photos/*.jpg --effective",
  ],
  run: runReceptiveField,
});

async function runReceptiveField(args: FieldArguments, terminal: Terminal): Promise<number> {
  const { values, operands } = args;
  const [name, ...files] = operands as [string, ...string[]];
  refuseContradictions(args, files);
  manualSeed(values.seed);
  const { structure, images } = await open(name, files, args, terminal);
  if (values.effective) return measure(args, structure, images, terminal);
  const { model, input } = structure;
  const x = Tensor.input({ shape: [1, ...input], dtype: "float32" });
  const trace = traceLayers(model, x);
  if (values.layer !== undefined) requireCall(trace, values.layer);
  const fields = layerFields(trace, x);
  const shown = values.layer === undefined ? fields : fields.filter((field) => field.name === values.layer);
  if (shown.length === 0) throw new ArgumentError(nothingToShow(name, input, values.layer));
  if (values.out !== undefined) {
    await writePicture(values.out, { svg: () => fieldChart(name, fields) });
  }
  if (values.json) terminal.line(JSON.stringify({ model: name, input, layers: shown.map(layerRecord) }));
  else for (const line of drawFields(name, input, shown, terminal)) terminal.line(line);
  return 0;
}

function nothingToShow(name: string, input: readonly number[], layer: string | undefined): string {
  if (input.length < 2) return `${name}: an input of [${input.join(", ")}] has no spatial axes`;
  return layer === undefined
    ? `${name}: nothing depends on the input`
    : `the layer "${layer}" does not depend on the input`;
}

function refuseContradictions({ values, given }: FieldArguments, files: readonly string[]): void {
  if (values.out !== undefined) requirePictureName(values.out, [values.effective ? "png" : "svg"]);
  if (values.effective) {
    if (files.length > 0 && given.has("count"))
      throw new UsageError("--count is for random inputs, not for images");
    return;
  }
  const told = Object.keys(effectiveOptions).find((option) =>
    given.has(option as keyof typeof effectiveOptions),
  );
  if (told !== undefined) throw new UsageError(`${flagName(told)} is for --effective`);
  if (files.length > 0) throw new UsageError("images are for --effective: the theory needs none");
}

async function open(
  name: string,
  files: readonly string[],
  { values }: FieldArguments,
  terminal: Terminal,
): Promise<{ structure: Structure; images: Tensor | undefined }> {
  return watchingDownloads(terminal, async (transfer) => {
    if (files.length === 0)
      return { structure: await openStructure(name, values, transfer), images: undefined };
    const network = await openNetwork(name, values, transfer);
    const images = await readImages(files, network);
    return { structure: { name, model: network.model, input: network.imageShape }, images };
  });
}

async function measure(
  { values }: FieldArguments,
  { name, model, input }: Structure,
  images: Tensor | undefined,
  terminal: Terminal,
): Promise<number> {
  const { layer, unit, count, channels, measure: kind, seed, threads } = values;
  // Places beside the field are to be zeros, not what fast convolutions round to.
  const backend = createWasmBackend({ precision: "exact", ...(threads !== undefined && { threads }) });
  return watchingWork(terminal, async ({ begin }) => {
    const field = await effectiveReceptiveField(model, input, {
      ...(layer !== undefined && { layer }),
      ...(unit && { unit }),
      ...(images ? { images } : { count }),
      ...begin("differentiates"),
      channels,
      measure: kind,
      seed,
      backend,
    });
    if (values.out !== undefined) {
      await writePicture(values.out, { png: () => encodePng(fieldPicture(field)) });
    }
    if (values.json) terminal.line(JSON.stringify({ model: name, input, ...effectiveRecord(field) }));
    else for (const line of drawEffectiveField(name, input, field, images !== undefined)) terminal.line(line);
    return 0;
  });
}

function layerRecord({ axes, ...layer }: LayerField): object {
  return { ...layer, axes: axes.map(axisRecord) };
}

function axisRecord({ positions: _, ...axis }: AxisField): object {
  return axis;
}

function effectiveRecord({ layer, values, ...field }: EffectiveField): object {
  return {
    layer: layerRecord(layer),
    ...field,
    values: Array.from(values, (value) => Number(value.toPrecision(6))),
  };
}
