import { mkdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { type FeatureMaps, featureMaps, type MapStatistics } from "../analyze/feature-maps.ts";
import { featureMapAtlas } from "../analyze/pictures/feature-map-atlas.ts";
import { encodePng } from "../io/png-encode.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawTable } from "./draw-table.ts";
import { formatCount, formatNumber, formatPercent, formatShape } from "./format.ts";
import { machineOptions, useThreads } from "./machine.ts";
import { networkOptions, openNetwork, readImages, whatNetworksAre } from "./network-operand.ts";
import { choice, integer, text } from "./option.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { watchingDownloads } from "./watch-downloads.ts";
import { watchingWork } from "./watch-work.ts";
import { writePicture } from "./write-picture.ts";

const options = {
  layer: text("NAME", "only this layer"),
  out: text("DIR|FILE.png", "writes the maps of every layer into a folder, or with --layer those of one"),
  normalize: choice("WHAT", ["map", "layer"], "map", "what has the whole range of colours"),
  colors: choice("NAME", ["viridis", "diverging", "gray"], "viridis", "the colours of low and high values"),
  zoom: integer("pixels of the picture for one of a map (default: small maps are enlarged)", {
    initial: undefined,
    least: 1,
    most: 64,
  }),
  ...networkOptions,
  ...machineOptions,
} as const;

export const features: Command = defineCommand({
  name: "features",
  summary: "Show what every layer of a network computes for an image",
  details:
    `${whatNetworksAre} For each layer: the mean, deviation and maximum of its activations, the share of zeros, and how ` +
    "many of its maps are zero everywhere. A picture has all maps of a layer, numbered as its channels are.",
  operands: { name: "MODEL IMAGE", least: 2, most: 2 },
  options,
  examples: [
    "fovea features resnet18 photo.jpg --pretrained",
    "fovea features resnet18 photo.jpg --pretrained --layer layer1 --out layer1.png",
    "fovea features net.onnx photo.jpg --out maps/",
  ],
  run: runFeatures,
});

async function runFeatures(
  { values, operands }: Arguments<typeof options>,
  terminal: Terminal,
): Promise<number> {
  const [name, file] = operands as [string, string];
  const { layer, out } = values;
  const single = out !== undefined && extname(out) !== "";
  if (single && layer === undefined) {
    throw new UsageError(
      `--out ${out}: a picture has the maps of one layer (--layer NAME); a folder has those of all`,
    );
  }
  useThreads(values.threads);
  const network = await watchingDownloads(terminal, (transfer) => openNetwork(name, values, transfer));
  const image = await readImages([file], network);
  return watchingWork(terminal, async ({ begin }) => {
    if (out !== undefined && !single) await mkdir(out, { recursive: true });
    const rows: string[][] = [];
    let number = 0;
    const only = layer === undefined ? {} : { layers: [layer] };
    for await (const maps of featureMaps(network.model, image, { ...only, ...begin("computes layers") })) {
      if (values.json) terminal.line(JSON.stringify({ model: name, file, ...recordOf(maps) }));
      else rows.push(rowOf(maps));
      if (out === undefined) continue;
      const { normalize, colors, zoom } = values;
      const atlas = featureMapAtlas(maps, { normalize, colors, ...(zoom !== undefined && { scale: zoom }) });
      const path = single
        ? out
        : join(out, `${String(number++).padStart(3, "0")}-${fileNameOf(maps.layer)}.png`);
      await writePicture(path, { png: () => encodePng(atlas) });
    }
    if (values.json) return 0;
    const head = ["layer", "type", "maps", "mean", "std", "max", "zeros", "dead maps"];
    const align = head.map((_, i) => (i < 2 ? ("left" as const) : ("right" as const)));
    const [heading, ...table] = drawTable([head, ...rows], align);
    terminal.line(terminal.style.dim(heading!));
    for (const line of table) terminal.line(line);
    return 0;
  });
}

function rowOf({ layer, kind, shape, statistics, maps }: FeatureMaps): string[] {
  const { mean, std, max, zeros } = statistics;
  const dead = maps.filter((map) => map.zeros === 1).length;
  return [
    ...[layer, kind, formatShape(shape), formatNumber(mean), formatNumber(std), formatNumber(max)],
    zeros === 0 ? "" : formatPercent(zeros, 1),
    dead === 0 ? "" : formatCount(dead),
  ];
}

function recordOf({ layer, kind, shape, statistics, maps }: FeatureMaps): object {
  const rounded = (given: MapStatistics): object =>
    Object.fromEntries(Object.entries(given).map(([key, value]) => [key, Number(value.toPrecision(6))]));
  return { layer, kind, shape, ...rounded(statistics), maps: maps.map(rounded) };
}

/** A layer's name where slashes and other marks would mean something to a file system. */
export function fileNameOf(layer: string): string {
  return layer.replace(/[^\w.#-]+/g, "_");
}
