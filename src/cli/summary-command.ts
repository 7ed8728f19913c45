import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawTable } from "./draw-table.ts";
import { formatCount, formatShape } from "./format.ts";
import { makeNamedModel, modelOptions, whereModelsAre } from "./model-operand.ts";
import { flag } from "./option.ts";
import { type ModelSummary, summarize } from "./summarize.ts";
import type { Terminal } from "./terminal.ts";

const options = {
  ...modelOptions,
  json: flag("prints JSON for other programs"),
} as const;

export const summary: Command = defineCommand({
  name: "summary",
  summary: "Show the layers of a network with their shapes, parameters and multiply-accumulates",
  details: whereModelsAre,
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
  const { model, input } = makeNamedModel(name, values);
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
