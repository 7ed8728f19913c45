import { reference } from "../backend/reference/reference.ts";
import { ArgumentError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { type Check, type CheckOptions, check } from "../equivariant/check.ts";
import type { Group } from "../equivariant/group.ts";
import { elementName, groupNamed } from "../equivariant/group-names.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawTable } from "./draw-table.ts";
import { wrap } from "./help.ts";
import { listenForInterruption } from "./interruption.ts";
import { machineOptions, useThreads } from "./machine.ts";
import { networkOptions, openNetwork, readImages, whatNetworksAre } from "./network-operand.ts";
import { flag, type Option } from "./option.ts";
import { ProgressDisplay } from "./progress-display.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { watchingDownloads } from "./watch-downloads.ts";

const groupOption: Option<Group> = {
  placeholder: "GROUP",
  help: "p4 (quarter turns), p4m (and reflections), p2, pm, p2mm, or C1, C2, C4, D1, D2, D4 (default: p4)",
  initial: groupNamed("p4"),
  parse: (value) => {
    try {
      return groupNamed(value);
    } catch (error) {
      throw error instanceof ArgumentError ? new UsageError(error.message) : error;
    }
  },
};

const toleranceOption: Option<number | undefined> = {
  placeholder: "X",
  help: "the largest relative error that counts as rounding (default: 1e-5, and 1e-10 with --exact)",
  initial: undefined,
  parse: (value, name) => {
    const number = Number(value);
    if (value.trim() !== "" && number >= 0 && Number.isFinite(number)) return number;
    throw new UsageError(`${name} must be a number that is not negative, but is "${value}"`);
  },
};

const options = {
  group: groupOption,
  tolerance: toleranceOption,
  exact: flag("computes in float64 by plain loops: slow, for small networks"),
  ...networkOptions,
  ...machineOptions,
} as const;

export const checkLaw: Command = defineCommand({
  name: "check",
  summary: "Hold a network to the law f(g x) = g f(x) of a group of symmetries",
  details:
    "Shows the network the images (or random ones) and all that the group makes of them, and compares the outputs: logits " +
    "must stay, maps must turn as the images do or as feature maps on the group. Where the law does not hold it names " +
    `the first layer that breaks it, and the exit code is 1. ${whatNetworksAre}`,
  operands: { name: "MODEL [IMAGE...]", least: 1, most: Number.POSITIVE_INFINITY },
  options,
  examples: [
    "fovea check p4cnn",
    "fovea check p4_all_cnn_c --input 3,33,33",
    "fovea check resnet18 --pretrained photo.jpg --group pm",
  ],
  run: runCheck,
});

async function runCheck(
  { values, operands }: Arguments<typeof options>,
  terminal: Terminal,
): Promise<number> {
  useThreads(values.threads);
  const [name, ...files] = operands as [string, ...string[]];
  const { group } = values;
  const network = await watchingDownloads(terminal, (transfer) => openNetwork(name, values, transfer));
  const images = files.length > 0 ? await readImages(files, network) : undefined;
  const display = new ProgressDisplay(terminal, values.json || !terminal.interactive);
  using interruption = listenForInterruption(() => {});
  const { signal } = interruption;
  let result: Check;
  try {
    const settings: CheckOptions = {
      seed: values.seed,
      signal,
      progress: (done, total) => display.show("elements of the group", done, total),
      ...(values.exact && { backend: reference }),
      ...(values.tolerance !== undefined && { tolerance: values.tolerance }),
      ...(images && { images }),
    };
    result = await check(network.model, group, network.imageShape, settings);
  } catch (error) {
    if (!signal.aborted) throw error;
    return interruption.exitCode;
  } finally {
    display.clear();
  }
  if (values.json) {
    const { output, ...rest } = result;
    terminal.line(JSON.stringify({ model: name, group: group.name, output: String(output), ...rest }));
  } else {
    const shown = images ? `${files.length} image${files.length > 1 ? "s" : ""}` : "2 random images";
    const head = `${name} on ${shown} of ${network.imageShape.join("×")}, under ${group.name}`;
    for (const line of describe(head, group, result, terminal)) terminal.line(line);
  }
  return result.holds ? 0 : 1;
}

function describe(head: string, group: Group, result: Check, { style, columns }: Terminal): string[] {
  const { holds, elements, relative, tolerance, broken } = result;
  const rows = elements.map(({ name, absolute, relative: share }) => [name, show(absolute), show(share)]);
  const [heading, ...table] = drawTable(
    [["element", "largest error", "relative"], ...rows],
    ["left", "right", "right"],
  );
  const worst = elements.reduce((a, b) => (b.relative > a.relative ? b : a));
  const verdict = holds
    ? `${style.good("holds")}: ${expectation(result, group)}, and is off by at most ${show(relative)} of its size`
    : `${style.bad("does not hold")}: ${expectation(result, group)}, but is off by ${show(relative)} of its size for ` +
      `${elementName(group, worst.element)}; up to ${show(tolerance)} would count as rounding`;
  const where = broken
    ? `First broken by ${broken.path === "" ? "the network itself" : broken.path}, ${broken.layer.replace(/\($/, "")}: ` +
      `its output ${describeShape(broken.outputShape)} is off by ${show(broken.relative)}`
    : undefined;
  const width = Math.min(columns, 100);
  return [
    head,
    "",
    style.dim(heading!),
    ...table,
    "",
    ...wrap(verdict, width),
    ...(where === undefined ? [] : wrap(where, width)),
  ];
}

/** What the law demands of the output. */
function expectation({ output, outputShape }: Check, { order }: Group): string {
  const shape = describeShape(outputShape);
  if (outputShape.length === 2) return `the output ${shape} must not change`;
  return output.fields === outputShape[1]
    ? `the output ${shape} must turn with the image`
    : `the output ${shape} must turn as ${output.fields} maps on the ${order} elements`;
}

const describeShape = ([, ...each]: Shape): string => `[N, ${each.join(", ")}]`;

/** Three digits; an error is a size and not an amount. */
function show(value: number): string {
  if (value === 0) return "0";
  return value >= 0.001 && value < 1000 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}
