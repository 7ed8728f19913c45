import { readFileSync } from "node:fs";
import { FoveaError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import { attribute } from "./attribute-command.ts";
import { bench } from "./bench-command.ts";
import { checkLaw } from "./check-command.ts";
import { classify } from "./classify-command.ts";
import type { Command } from "./command.ts";
import { convolution } from "./convolution-command.ts";
import { equivarianceCommand } from "./equivariance-command.ts";
import { evaluateRun } from "./eval-command.ts";
import { exportNetwork } from "./export-command.ts";
import { features } from "./features-command.ts";
import { filtersCommand } from "./filters-command.ts";
import { definitionList } from "./help.ts";
import { hessian } from "./hessian-command.ts";
import { lab } from "./lab-command.ts";
import { landscape } from "./landscape-command.ts";
import { maximize } from "./maximize-command.ts";
import { models } from "./models-command.ts";
import { receptiveFieldCommand } from "./receptive-field-command.ts";
import { printable } from "./style.ts";
import { summary } from "./summary-command.ts";
import type { Terminal } from "./terminal.ts";
import { train } from "./train-command.ts";
import { UsageError } from "./usage-error.ts";

/** What the help lists together, under a heading. */
const groups: readonly (readonly [heading: string, commands: readonly Command[]])[] = [
  ["Train and use", [train, evaluateRun, classify, models, exportNetwork, bench]],
  [
    "Look into a network",
    [
      summary,
      receptiveFieldCommand,
      features,
      filtersCommand,
      attribute,
      maximize,
      equivarianceCommand,
      checkLaw,
    ],
  ],
  ["Look into training", [landscape, hessian]],
  ["Put theory to the test", [lab, convolution]],
];

const commands: readonly Command[] = groups.flatMap(([, members]) => members);

/**
 * Runs `fovea` with its arguments.
 *
 * @returns the exit code: 0, 1 for a failure, 2 for arguments that cannot be meant, 130 or 143 after an interruption.
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = args;
  const command = commands.find(({ name }) => name === first);
  try {
    if (command) return await command.run(rest, terminal);
    return runWithoutCommand(first, rest, terminal);
  } catch (error) {
    const usage = error instanceof UsageError;
    terminal.problem(`fovea${command ? ` ${command.name}` : ""}: ${printable(describe(error))}`);
    if (usage) terminal.problem(`"fovea${command ? ` ${command.name}` : ""} --help" shows how to use it`);
    return usage ? 2 : 1;
  }
}

function runWithoutCommand(first: string | undefined, rest: readonly string[], terminal: Terminal): number {
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    terminal.line(helpOn(rest[0], terminal));
    return 0;
  }
  if (first === "--version" || first === "-v") {
    terminal.line(version());
    return 0;
  }
  if (first.startsWith("-")) {
    throw new UsageError(`there is no option ${first}${suggestion(first, ["--help", "--version"])}`);
  }
  const names = commands.map(({ name }) => name);
  throw new UsageError(`there is no command "${first}"${suggestion(first, names)}`);
}

/** The help of `fovea help train`, or of the program. */
function helpOn(name: string | undefined, terminal: Terminal): string {
  const command = commands.find((each) => each.name === name);
  if (command) return command.help(terminal);
  const { columns, style } = terminal;
  const width = Math.min(columns, 100);
  const longest = Math.max(...commands.map((each) => each.name.length));
  return [
    `${style.bold("Usage:")} fovea COMMAND [options]`,
    "",
    "Train, use and look into convolutional neural networks.",
    "",
    ...groups.flatMap(([heading, members]) => [
      style.bold(`${heading}:`),
      ...definitionList(
        members.map((each) => [each.name, each.summary]),
        width,
        longest,
      ),
      "",
    ]),
    style.bold("Options:"),
    ...definitionList(
      [
        ["--help", 'shows this help; "fovea COMMAND --help" shows that of a command'],
        ["--version", "shows the version"],
      ],
      width,
    ),
    "",
    style.bold("Environment:"),
    ...definitionList(
      [
        [
          "FOVEA_DATA",
          "a folder with folders mnist, fashion-mnist and cifar10, which are then not downloaded",
        ],
        ["FOVEA_CACHE", "where downloads go (default: ~/.cache/fovea); if set, also compiled programs"],
        ["FOVEA_THREADS", "threads to compute with (default: one for each processor)"],
        ["NO_COLOR", "switches colours off"],
      ],
      width,
    ),
    "",
    style.bold("Examples:"),
    "  fovea train --model lenet5 --data digits",
    "  fovea classify digit.png",
  ].join("\n");
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Errors that were thrown on purpose, and those of the system, say enough; any other one is a bug and tells where. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = error instanceof FoveaError || error instanceof UsageError || "code" in error;
  return expected ? error.message : (error.stack ?? error.message);
}
