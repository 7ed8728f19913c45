import { mkdir, rmdir } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { suggestion } from "../core/nearest.ts";
import { digits } from "../data/digits.ts";
import type { TrainTest } from "../data/mnist.ts";
import { reportedAs, writeFileAtomic } from "../io/files.node.ts";
import { type DataName, dataNames, type Experiment, type LabContext } from "../lab/experiment.ts";
import { experiments } from "../lab/experiments.ts";
import { pictureFile, type Report } from "../lab/report.ts";
import { type RunFacts, reportMarkdown } from "../lab/report-markdown.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawReport } from "./draw-report.ts";
import { wrap } from "./help.ts";
import { listenForInterruption } from "./interruption.ts";
import { published } from "./load-data.ts";
import { machineOptions, useThreads } from "./machine.ts";
import { choice, flag, integer, text } from "./option.ts";
import { ProgressDisplay } from "./progress-display.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

const options = {
  seed: integer("decides everything that chance decides", { initial: 0, least: 0, most: 2 ** 31 }),
  seeds: integer("repeats what chance decides over N seeds (default: the experiment's own number)", {
    initial: undefined,
    least: 1,
    most: 1000,
  }),
  out: text("DIR", "where the report is written (default: lab/NAME)"),
  data: choice("NAME", dataNames, undefined, "images in place of the experiment's own"),
  quick: flag("runs for seconds, to see that everything works; measures nothing"),
  ...machineOptions,
} as const;

type LabArguments = Arguments<typeof options>;

export const lab: Command = defineCommand({
  name: "lab",
  summary: "Put a claim of the theory to the test",
  details:
    "Without NAME it lists the experiments with what they claim. With one it runs it, prints the tables, and writes " +
    "README.md, the pictures and results.json to a folder. Digits need no download. Ctrl-C ends it and writes nothing.",
  operands: { name: "NAME", least: 0, most: 1 },
  options,
  examples: [
    "fovea lab",
    "fovea lab parameter-sharing",
    "fovea lab parameter-sharing --data digits --seeds 3 --out found",
  ],
  run: async (args, terminal) => {
    const [name] = args.operands;
    if (name === undefined) return list(args, terminal);
    return runExperiment(requireExperiment(name), args, terminal);
  },
});

function list({ values, given }: LabArguments, terminal: Terminal): number {
  const other = [...given].find((name) => name !== "json");
  if (other !== undefined) throw new UsageError(`--${other} is for an experiment: fovea lab NAME`);
  if (values.json) {
    const listed = experiments.map(({ run: _, ...rest }) => rest);
    terminal.line(JSON.stringify(listed));
    return 0;
  }
  const { columns, style } = terminal;
  const width = Math.min(columns, 100) - 2;
  for (const { name, title, claim } of experiments) {
    terminal.line(style.bold(name));
    for (const line of wrap(title, width)) terminal.line(`  ${line}`);
    for (const line of wrap(claim, width)) terminal.line(`  ${style.dim(line)}`);
    terminal.line();
  }
  terminal.line('"fovea lab NAME" runs one.');
  return 0;
}

function requireExperiment(name: string): Experiment {
  const found = experiments.find((each) => each.name === name);
  if (found) return found;
  const names = experiments.map((each) => each.name);
  throw new UsageError(`there is no experiment "${name}"${suggestion(name, names)}`);
}

async function runExperiment(
  experiment: Experiment,
  { values, given }: LabArguments,
  terminal: Terminal,
): Promise<number> {
  const { name, data } = experiment;
  if (values.data !== undefined && data === undefined) {
    throw new UsageError(`--data: ${name} uses no images`);
  }
  useThreads(values.threads);
  const folder = values.out ?? join("lab", name);
  const display = new ProgressDisplay(terminal, values.json);
  using interruption = listenForInterruption(() => {});
  const { signal } = interruption;
  const loaded = new Map<string, Promise<TrainTest>>();
  const context: LabContext = {
    seed: values.seed,
    seeds: values.seeds ?? (values.quick ? 1 : (experiment.seeds ?? 1)),
    quick: values.quick,
    signal,
    load: (wanted, trainLength) => {
      const chosen = wanted === data ? (values.data ?? wanted) : wanted;
      const key = `${chosen} ${trainLength}`;
      const known = loaded.get(key) ?? loadImages(chosen, signal, trainLength);
      loaded.set(key, known);
      return known;
    },
    progress: (told, done, total) => display.show(told, done, total),
  };
  // Better now than after minutes of work.
  await reportedAs(folder, () => mkdir(folder, { recursive: true }));
  const began = performance.now();
  let report: Report;
  try {
    report = await experiment.run(context);
    signal.throwIfAborted();
  } catch (error) {
    display.clear();
    // Which leaves a folder with something in it alone.
    await rmdir(folder).catch(() => {});
    if (!signal.aborted) throw error;
    if (!values.json) terminal.line("Interrupted; nothing was written");
    return interruption.exitCode;
  }
  display.clear();
  const used = values.data ?? data;
  const facts: RunFacts = {
    command: commandLine(name, values, given),
    seed: context.seed,
    seeds: context.seeds,
    quick: context.quick,
    ...(used !== undefined && { data: used }),
    machine: describeMachine(values.threads),
    seconds: (performance.now() - began) / 1000,
  };
  const results = { experiment: name, ...facts, verdicts: report.verdicts, data: report.data };
  await writeReport(folder, experiment, report, facts, results);
  if (values.json) terminal.line(JSON.stringify({ ...results, folder }));
  else for (const line of drawReport(experiment, report, folder, terminal)) terminal.line(line);
  return 0;
}

/** Digits are the same in every epoch here, so that a number of training images means what it says. */
function loadImages(data: DataName, signal: AbortSignal, trainLength?: number): Promise<TrainTest> {
  if (data !== "digits") return published[data]!({ signal, ...(trainLength && { trainLength }) });
  return Promise.resolve({
    train: digits({ seed: 0, length: 20_000 }),
    test: digits({ seed: 1, length: 4_000 }),
  });
}

/** The page comes last, so that a folder with one is whole. */
async function writeReport(
  folder: string,
  experiment: Experiment,
  report: Report,
  facts: RunFacts,
  results: object,
): Promise<void> {
  const encode = (content: string): Uint8Array => new TextEncoder().encode(content);
  for (const picture of report.pictures) {
    const { svg, png } = picture;
    await writeFileAtomic(join(folder, pictureFile(picture)), svg === undefined ? png! : encode(svg));
  }
  await writeFileAtomic(join(folder, "results.json"), encode(`${JSON.stringify(results, null, 2)}\n`));
  await writeFileAtomic(join(folder, "README.md"), encode(reportMarkdown(experiment, report, facts)));
}

/** What decides the result; neither where it is written nor how it is shown. */
function commandLine(name: string, values: LabArguments["values"], given: LabArguments["given"]): string {
  const told = (["seed", "seeds", "data"] as const).filter((option) => given.has(option));
  const settings = told.map((option) => ` --${option} ${values[option]}`);
  return `fovea lab ${name}${settings.join("")}${values.quick ? " --quick" : ""}`;
}

function describeMachine(threads: number | undefined): string {
  const processors = cpus();
  const used = threads ?? Number(process.env["FOVEA_THREADS"] ?? availableParallelism());
  const model = processors[0]?.model.trim() ?? process.arch;
  return `${used} of ${processors.length} threads of ${model}, Node ${process.versions.node}`;
}
