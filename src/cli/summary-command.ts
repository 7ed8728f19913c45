import { compareFullyConnected } from "../analyze/compare-fully-connected.ts";
import { summarize } from "../analyze/summarize.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawComparison } from "./draw-comparison.ts";
import { columnNames, drawSummary, type SummaryColumn } from "./draw-summary.ts";
import { openStructure, structureOptions, whatNetworksAre } from "./network-operand.ts";
import { flag, integer, listed, type Option } from "./option.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { watchingDownloads } from "./watch-downloads.ts";

const columnsOption: Option<readonly SummaryColumn[] | undefined> = {
  placeholder: "NAME,…",
  help: `which columns: ${listed(columnNames)} (default: all that there is room for)`,
  initial: undefined,
  parse: (value, name) =>
    value.split(",").map((part) => {
      const found = columnNames.find((column) => column === part.trim());
      if (found !== undefined) return found;
      throw new UsageError(`${name} must be some of ${listed(columnNames)}, but one is "${part}"`);
    }),
};

const options = {
  depth: integer("shows layers no deeper than this, and what is in them added up", {
    initial: undefined,
    least: 0,
  }),
  compareFc: flag("shows what fully connected layers in place of the convolutions would need"),
  batch: integer("images at a time", { initial: 1, least: 1, most: 65_536 }),
  columns: columnsOption,
  ...structureOptions,
  json: flag("prints JSON for other programs"),
} as const;

export const summary: Command = defineCommand({
  name: "summary",
  summary: "Show the layers of a network with shapes, parameters, costs and receptive fields",
  details:
    "The columns are torchinfo's, then the bytes of each output, and size and stride of the receptive field. Mult-adds " +
    "are those of convolutions and matrix products; torchinfo adds biases and normalizations. The forward/backward pass " +
    `holds the outputs of layers with parameters and their gradients. ${whatNetworksAre}`,
  operands: { name: "MODEL", least: 1, most: 1 },
  options,
  examples: [
    "fovea summary lenet5",
    "fovea summary resnet50 --depth 2",
    "fovea summary vgg16 --compare-fc",
    "fovea summary net.onnx --columns output,params,field",
  ],
  run: runSummary,
});

async function runSummary(
  { values, operands }: Arguments<typeof options>,
  terminal: Terminal,
): Promise<number> {
  const { model, name, input } = await watchingDownloads(terminal, (transfer) =>
    openStructure(operands[0]!, values, transfer),
  );
  const { batch, json, depth, columns } = values;
  const comparison = values.compareFc ? compareFullyConnected(model, input) : undefined;
  if (comparison && !json) {
    for (const line of drawComparison(name, input, comparison, terminal)) terminal.line(line);
    return 0;
  }
  const result = summarize(model, input, { batch });
  if (json) {
    const layers = result.layers
      .filter((layer) => depth === undefined || layer.depth <= depth)
      .map(({ field, ...layer }) => ({
        ...layer,
        field: field?.axes.map(({ positions: _, ...axis }) => axis),
      }));
    terminal.line(JSON.stringify({ model: name, input, ...result, layers, comparison }, exactly));
    return 0;
  }
  for (const line of drawSummary(name, input, result, { batch, depth, columns }, terminal))
    terminal.line(line);
  return 0;
}

/** JSON has no integers beyond 2^53 that every reader keeps: the large ones are texts. */
function exactly(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
