import { suggestion } from "../core/nearest.ts";
import type { Accuracy, ModelEntry } from "../models/model-entry.ts";
import { listModels } from "../models/registry.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawTable } from "./draw-table.ts";
import { formatScaled, shorten } from "./format.ts";
import { wrap } from "./help.ts";
import { flag } from "./option.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

const options = {
  json: flag("prints all that is known of each network as JSON for other programs"),
} as const;

export const models: Command = defineCommand({
  name: "models",
  summary: "List the networks by the year of their paper, with what was new",
  details:
    "A PATTERN such as 'resnet*' chooses by name: * stands for any characters and ? for one, in quotes that keep the shell from reading it.",
  operands: { name: "[PATTERN]", least: 0, most: 1 },
  options,
  examples: ["fovea models", "fovea models 'mobilenet*'", "fovea models resnet50 --json"],
  run: runModels,
});

/** Networks of one paper that have their idea in common. */
type Idea = readonly [ModelEntry, ...ModelEntry[]];

async function runModels(
  { values, operands }: Arguments<typeof options>,
  terminal: Terminal,
): Promise<number> {
  const ideas = ideasOf(find(operands[0] ?? "*"));
  if (values.json) {
    terminal.line(JSON.stringify(ideas.flat()));
  } else {
    for (const line of describe(ideas, terminal)) terminal.line(line);
  }
  return 0;
}

function find(pattern: string): ModelEntry[] {
  const found = listModels(pattern);
  if (found.length > 0) return found;
  const stem = pattern.replace(/[*?].*$/, "");
  const names = listModels().map(({ name }) => name);
  const near =
    stem === pattern
      ? suggestion(pattern, names)
      : suggestion(
          `${stem}*`,
          names.map((name) => `${name.slice(0, stem.length)}*`),
        );
  throw new UsageError(`no network has a name such as "${pattern}"${near}`);
}

/** By year and paper, those of one idea by their parameters. */
function ideasOf(entries: readonly ModelEntry[]): Idea[] {
  const ideas = new Map<string, [ModelEntry, ...ModelEntry[]]>();
  for (const entry of entries) {
    const key = JSON.stringify([entry.year, entry.paper, entry.novelty]);
    const idea = ideas.get(key);
    if (idea) idea.push(entry);
    else ideas.set(key, [entry]);
  }
  for (const idea of ideas.values()) idea.sort((a, b) => a.parameters - b.parameters);
  return [...ideas.values()].sort(
    ([a], [b]) => a.year - b.year || (a.paper < b.paper ? -1 : Number(a.paper > b.paper)),
  );
}

const indent = "      ";

function describe(ideas: readonly Idea[], { columns, style }: Terminal): string[] {
  const width = Math.min(columns, 100);
  const rows = ideas.flatMap((idea) =>
    idea.map(({ name, year, parameters, macs, accuracy, weights }, i) => [
      i === 0 ? String(year) : "",
      name,
      formatScaled(parameters),
      formatScaled(macs),
      accuracy ? formatAccuracy(accuracy) : "",
      weights ? "yes" : "",
    ]),
  );
  const [heading, ...lines] = drawTable(
    [["year", "network", "parameters", "MACs", "accuracy", "weights"], ...rows],
    ["left", "left", "right", "right", "left", "left"],
  ).map((line) => shorten(line, columns));
  const note = (text: string) => wrap(text, width - indent.length).map((line) => style.dim(indent + line));
  const described: string[] = [];
  for (const idea of ideas) {
    const [{ novelty, paper }] = idea;
    described.push(...lines.splice(0, idea.length), ...note(`${novelty}.`), ...note(paper), "");
  }
  return [style.dim(heading!), ...described, ...wrap(accuracyNote, width)];
}

const accuracyNote =
  "Accuracy is that of the first guess on ImageNet-1k, or on the data set that is named; mIoU is the mean intersection over union on COCO 2017 with the labels of Pascal VOC. The parameters are without auxiliary heads, and the MACs those of one image.";

function formatAccuracy({ dataset, top1, meanIou }: Accuracy): string {
  if (meanIou !== undefined) return `${meanIou.toFixed(1)}% mIoU`;
  return top1 === undefined ? "" : `${top1.toFixed(2)}%${dataset === "ImageNet-1k" ? "" : ` ${dataset}`}`;
}
