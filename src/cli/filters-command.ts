import { mkdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { filters, type LayerFilters } from "../analyze/filters.ts";
import { filterAtlas } from "../analyze/pictures/filter-atlas.ts";
import { suggestion } from "../core/nearest.ts";
import { encodePng } from "../io/png-encode.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawTable } from "./draw-table.ts";
import { fileNameOf } from "./features-command.ts";
import { formatNumber, formatShape } from "./format.ts";
import { networkOptions, openNetwork, whatNetworksAre } from "./network-operand.ts";
import { flag, integer, text } from "./option.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { watchingDownloads } from "./watch-downloads.ts";
import { writePicture } from "./write-picture.ts";

const options = {
  layer: text("NAME", "only this layer; for a single picture the first one unless told"),
  out: text("DIR|FILE.png", "writes the filters of every convolution into a folder, or those of one"),
  slices: flag("shows every channel of every filter, not the norm over the channels"),
  zoom: integer("pixels of the picture for one of a filter (default: small ones are enlarged)", {
    initial: undefined,
    least: 1,
    most: 128,
  }),
  json: flag("prints JSON for other programs"),
  ...networkOptions,
} as const;

export const filtersCommand: Command = defineCommand({
  name: "filters",
  summary: "Show the filters of a network's convolutions",
  details:
    `${whatNetworksAre} Filters of three channels are drawn in colour, where grey is 0; of others a pixel is the norm over ` +
    "the channels, or with --slices each channel is drawn, red above 0 and blue below.",
  operands: { name: "MODEL", least: 1, most: 1 },
  options,
  examples: [
    "fovea filters resnet18 --pretrained --out filters.png",
    "fovea filters net.onnx --out filters/ --zoom 8",
    "fovea filters lenet5 --layer features.3 --slices --out slices.png",
  ],
  run: runFilters,
});

async function runFilters(
  { values, operands }: Arguments<typeof options>,
  terminal: Terminal,
): Promise<number> {
  const [name] = operands as [string];
  const { out, layer, slices, bgr, zoom } = values;
  const network = await watchingDownloads(terminal, (transfer) => openNetwork(name, values, transfer));
  const found = await filters(network.model);
  if (found.length === 0) throw new UsageError(`${name} has no two-dimensional convolutions`);
  const chosen = layer === undefined ? found : [layerNamed(layer, found)];
  if (out !== undefined) {
    const single = extname(out) !== "";
    if (!single) await mkdir(out, { recursive: true });
    for (const [i, each] of (single ? chosen.slice(0, 1) : chosen).entries()) {
      const path = single ? out : join(out, `${String(i).padStart(3, "0")}-${fileNameOf(each.name)}.png`);
      const atlas = filterAtlas(each, { slices, bgr, ...(zoom !== undefined && { scale: zoom }) });
      await writePicture(path, { png: () => encodePng(atlas) });
    }
  }
  if (values.json) {
    for (const { name: path, shape, norms } of chosen) {
      terminal.line(JSON.stringify({ model: name, name: path, shape, norms: Array.from(norms) }));
    }
    return 0;
  }
  const rows = chosen.map(({ name: path, shape, norms }) => {
    const sorted = Float32Array.from(norms).sort();
    const middle = sorted[Math.floor(sorted.length / 2)]!;
    return [path, formatShape(shape), ...[sorted[0]!, middle, sorted.at(-1)!].map(formatNumber)];
  });
  const head = ["weight", "shape", "least norm", "median", "greatest"];
  const [heading, ...table] = drawTable([head, ...rows], ["left", "left", "right", "right", "right"]);
  terminal.line(terminal.style.dim(heading!));
  for (const line of table) terminal.line(line);
  return 0;
}

/** By the weight's path, or by that of its layer. */
function layerNamed(name: string, found: readonly LayerFilters[]): LayerFilters {
  const match = found.find((each) => each.name === name || each.name === `${name}.weight`);
  if (match) return match;
  const names = found.map((each) => each.name);
  throw new UsageError(`--layer: there are no filters "${name}"${suggestion(name, names)}`);
}
