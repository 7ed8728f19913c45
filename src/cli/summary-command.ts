import { createModel, listModels } from "../models/registry.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawTable } from "./draw-table.ts";
import { formatCount, formatShape } from "./format.ts";
import { suggestion } from "./nearest.ts";
import { flag, integer, listed, type Option } from "./option.ts";
import { type ModelSummary, summarize } from "./summarize.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** An image's shape as C,H,W. */
const inputOption: Option<readonly [number, number, number] | undefined> = {
  placeholder: "C,H,W",
  help: "the shape of one image (default: the network's own)",
  initial: undefined,
  parse: (value, name) => {
    const extents = value.split(",").map((part) => (/^ *[0-9]+ *$/.test(part) ? Number(part) : 0));
    const [channels, height, width] = extents;
    if (extents.length === 3 && extents.every((extent) => extent >= 1 && extent <= 65_536)) {
      return [channels!, height!, width!];
    }
    throw new UsageError(`${name} must be three positive integers such as 1,28,28, but is "${value}"`);
  },
};

const options = {
  input: inputOption,
  classes: integer("outputs of the last layer", { initial: 10, least: 1, most: 1e6 }),
  json: flag("prints JSON for other programs"),
} as const;

export const summary: Command = defineCommand({
  name: "summary",
  summary: "Show the layers of a network with their shapes, parameters and multiply-accumulates",
  details: `The networks are ${listed(listModels().map(({ name }) => name)).replace(" or ", " and ")}.`,
  operands: { name: "MODEL", least: 1, most: 1 },
  options,
  examples: ["fovea summary lenet5", "fovea summary batch-norm-net --input 3,64,64"],
  run: runSummary,
});

async function runSummary(
  { values, operands }: Arguments<typeof options>,
  terminal: Terminal,
): Promise<number> {
  const name = operands[0]!;
  const entry = listModels().find((each) => each.name === name);
  if (!entry) {
    const names = listModels().map((each) => each.name);
    throw new UsageError(`MODEL must be ${listed(names)}, but is "${name}"${suggestion(name, names)}`);
  }
  const input = values.input ?? entry.inputShape;
  const model = createModel(name, { numClasses: values.classes, inChannels: input[0]! });
  const result = summarize(model, input);
  if (values.json) {
    terminal.line(JSON.stringify({ model: name, input, ...result }));
  } else {
    for (const line of describe(name, input, result, terminal)) terminal.line(line);
  }
  return 0;
}

function describe(
  name: string,
  input: readonly number[],
  { layers, parameters, buffers, macs }: ModelSummary,
  { style }: Terminal,
): string[] {
  const rows = layers.map(({ path, type, outputShape, parameters: own, macs: each, container }) => [
    "  ".repeat(path.split(".").length - 1) + path,
    type,
    formatShape(outputShape),
    own === 0 ? "" : formatCount(own),
    container || each === 0 ? "" : formatCount(each),
  ]);
  const head = ["layer", "type", "output shape", "parameters", "MACs"];
  const [heading, ...table] = drawTable([head, ...rows], ["left", "left", "left", "right", "right"]);
  return [
    `${name} on one image of ${formatShape(input)}`,
    "",
    style.dim(heading!),
    ...table,
    "",
    ...drawTable(
      [
        ["parameters", formatCount(parameters)],
        ...(buffers > 0 ? [["buffers", formatCount(buffers)]] : []),
        ["MACs", formatCount(macs)],
      ],
      ["left", "right"],
    ),
  ];
}
