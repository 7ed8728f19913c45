import { type EquivarianceReport, equivariance } from "../analyze/equivariance/equivariance.ts";
import {
  reflect,
  rotate,
  rotate90,
  shift,
  squareSymmetries,
  type Transformation,
} from "../analyze/equivariance/transformations.ts";
import { randomFields } from "../analyze/random-fields.ts";
import { createWasmBackend } from "../backend/wasm/wasm.ts";
import { ArgumentError, ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { digits } from "../data/digits.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawErrorCurve, drawErrorMaps, drawReport, mapNames, reportJson } from "./draw-equivariance.ts";
import { formatMany } from "./format.ts";
import { machineOptions } from "./machine.ts";
import { type Network, networkOptions, openNetwork, readImages, whatNetworksAre } from "./network-operand.ts";
import { choice, flag, integer, real, text, tuple } from "./option.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { watchingDownloads } from "./watch-downloads.ts";
import { watchingWork } from "./watch-work.ts";
import { requirePictureName, writePicture } from "./write-picture.ts";

const furthest = { least: -4096, most: 4096, whole: true } as const;

const options = {
  transform: choice(
    "NAME",
    ["shift", "rotate90", "reflect", "rotate", "square"],
    "shift",
    "what is done to the images",
  ),
  shift: tuple("DY,DX", "pixels downwards and to the right (default: 1,1)", [furthest, furthest]),
  circular: flag("shifts on a circle: what leaves at one side comes in at the other"),
  angle: real("degrees, counter-clockwise: of a rotation (default: 15), or 90, 180, 270 of rotate90", {
    initial: undefined,
    least: -360,
    most: 360,
  }),
  vertical: flag("reflects top and bottom, not left and right"),
  layer: text("NAME,…", "looks at these layers only (default: at all)"),
  images: choice(
    "NAME",
    ["fields", "digits"],
    undefined,
    "images to use without files: smooth random fields (default) or digits",
  ),
  count: integer("how many of them", { initial: 2, least: 1, most: 10_000 }),
  most: integer("how far the curve of --out FILE.svg goes, in pixels or degrees (default: 16, 180)", {
    initial: undefined,
    least: 1,
    most: 4096,
  }),
  out: text("FILE", "draws error maps of the layers as .png, or the error over shifts or angles as .svg"),
  ...networkOptions,
  ...machineOptions,
} as const;

type EquivarianceArguments = Arguments<typeof options>;
type Values = EquivarianceArguments["values"];

export const equivarianceCommand: Command = defineCommand({
  name: "equivariance",
  summary:
    "Measure what shifts, rotations and reflections of the image do to each layer, beside what theory says",
  details:
    `${whatNetworksAre} The error of a layer y is ‖y(T x) − T y(x)‖ / ‖y(x)‖, over all positions and over the interior ` +
    "that no border reaches. docs/equivariance.md explains the verdicts.",
  operands: { name: "MODEL [IMAGE...]", least: 1, most: Number.POSITIVE_INFINITY },
  options,
  examples: [
    "fovea equivariance resnet18 --shift 8,0 --circular",
    "fovea equivariance resnet50 photo.jpg --pretrained --out maps.png",
    "fovea equivariance runs/mine --transform square",
    "fovea equivariance net.onnx --layer conv1,layer4 --most 32 --out curve.svg",
  ],
  run: runEquivariance,
});

async function runEquivariance(
  { values, operands, given }: EquivarianceArguments,
  terminal: Terminal,
): Promise<number> {
  const { out, json, threads } = values;
  const [name, ...files] = operands as [string, ...string[]];
  if (out !== undefined) requirePictureName(out, ["png", "svg"]);
  const transformations = transformationsFor(values, given, out?.toLowerCase().endsWith(".svg") ?? false);
  if (files.length > 0 && (given.has("images") || given.has("count"))) {
    throw new UsageError(
      `--${given.has("images") ? "images" : "count"} is for images that are made, but there are files`,
    );
  }
  // What folds weights or transforms tiles would round by the position, and hide what theory calls exact.
  const backend = createWasmBackend({ precision: "exact", ...(threads !== undefined && { threads }) });
  const network = await watchingDownloads(terminal, (transfer) => openNetwork(name, values, transfer));
  const { images, told } = await imagesFor(network, files, values);
  const planned = [...transformations.table, ...transformations.curve];
  const began = performance.now();
  return watchingWork(terminal, async (work) => {
    const reports = await measure(network, images, {
      ...work.begin(`${formatMany(planned.length, "transformation")} of ${told}`),
      transformations: planned,
      layers: values.layer?.split(",").map((each) => each.trim()),
      backend,
    });
    const table = reports.slice(0, transformations.table.length);
    const curve = reports.slice(transformations.table.length);
    if (out !== undefined) {
      await writePicture(out, {
        svg: () => drawErrorCurve(curve, `${name}: error of equivariance`),
        png: () => drawErrorMaps(table[0]!),
      });
    }
    if (json) {
      const facts = { model: name, images: told, seconds: (performance.now() - began) / 1000 };
      terminal.line(JSON.stringify({ ...facts, transformations: reports.map(reportJson) }));
      return 0;
    }
    for (const report of table)
      for (const line of drawReport(report, name, told, terminal)) terminal.line(line);
    if (out === undefined) return 0;
    if (out.toLowerCase().endsWith(".png")) terminal.line(mapNames(table[0]!));
    terminal.line(`Written to ${out}`);
    return 0;
  });
}

/** What is measured for the table, and further along the same way for a curve. */
interface Plan {
  readonly table: readonly Transformation[];
  readonly curve: readonly Transformation[];
}

function transformationsFor(values: Values, given: ReadonlySet<string>, curve: boolean): Plan {
  const { transform, circular, vertical, angle, most } = values;
  const onlyFor = { shift: "shift", circular: "shift", vertical: "reflect" } as const;
  for (const [option, kind] of Object.entries(onlyFor)) {
    if (given.has(option) && transform !== kind)
      throw new UsageError(`--${option} is for --transform ${kind}`);
  }
  if (angle !== undefined && transform !== "rotate" && transform !== "rotate90") {
    throw new UsageError("--angle is for --transform rotate and rotate90");
  }
  if (curve && transform !== "shift" && transform !== "rotate") {
    throw new UsageError(
      `a curve (.svg) is over shifts or angles, of which --transform ${transform} has none; .png has maps`,
    );
  }
  if (most !== undefined && !curve) throw new UsageError("--most is for the curve of --out FILE.svg");
  switch (transform) {
    case "shift": {
      const [dy, dx] = values.shift ?? [1, 1];
      const step = [Math.sign(dy!), Math.sign(dx!)] as const;
      return {
        table: [shift(dy!, dx!, { circular })],
        curve: curve ? upTo(most ?? 16, 1, (by) => shift(by * step[0], by * step[1], { circular })) : [],
      };
    }
    case "rotate":
      return { table: [rotate(angle ?? 15)], curve: curve ? upTo(most ?? 180, 15, rotate) : [] };
    case "rotate90": {
      const turns = (angle ?? 90) / 90;
      if (!Number.isInteger(turns))
        throw new UsageError(`--angle must be a multiple of 90 for rotate90, but is ${angle}`);
      return { table: [rotate90(turns)], curve: [] };
    }
    case "reflect":
      return { table: [reflect(vertical ? "vertical" : "horizontal")], curve: [] };
    case "square":
      return { table: squareSymmetries().slice(1), curve: [] };
  }
}

function upTo(most: number, step: number, make: (by: number) => Transformation): Transformation[] {
  return Array.from({ length: Math.floor(most / step) }, (_, i) => make((i + 1) * step));
}

async function imagesFor(
  network: Network,
  files: readonly string[],
  { images, count, seed }: Values,
): Promise<{ images: Tensor; told: string }> {
  if (files.length > 0)
    return { images: await readImages(files, network), told: formatMany(files.length, "file") };
  const { imageShape, normalization } = network;
  if (images !== "digits") {
    return { images: randomFields(count, imageShape, seed), told: formatMany(count, "smooth random field") };
  }
  const dataset = digits({ seed, length: count });
  if (dataset.imageShape.join() !== imageShape.join()) {
    throw new UsageError(
      `--images digits are [${dataset.imageShape.join(", ")}], but the network takes [${imageShape.join(", ")}]`,
    );
  }
  for await (const [all] of dataset.normalized(normalization).batches(count))
    return { images: all, told: formatMany(count, "digit") };
  throw new UsageError("there are no digits");
}

async function measure(
  { model }: Network,
  images: Tensor,
  settings: Parameters<typeof equivariance>[2],
): Promise<EquivarianceReport[]> {
  try {
    return await equivariance(model, images, settings);
  } catch (error) {
    // The operand or an option is at fault, and not the program.
    if (error instanceof ArgumentError || error instanceof ShapeError) throw new UsageError(error.message);
    throw error;
  }
}
