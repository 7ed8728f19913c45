import { reference } from "../backend/reference/reference.ts";
import { measurePeak } from "../backend/wasm/peak.ts";
import { createWasmBackend } from "../backend/wasm/wasm.ts";
import type { Shape } from "../core/shape.ts";
import { readFile, writeFileAtomic } from "../io/files.node.ts";
import { parseSafetensors } from "../io/safetensors.ts";
import { manualSeed } from "../nn/random.ts";
import type { Arguments } from "./arguments.ts";
import { type Benchmark, benchmark } from "./benchmark.ts";
import { type BenchmarkReport, reportBenchmark } from "./benchmark-report.ts";
import { type Command, defineCommand } from "./command.ts";
import { describeSubject, drawBenchmark } from "./draw-benchmark.ts";
import { listenForInterruption } from "./interruption.ts";
import { machineOptions } from "./machine.ts";
import { makeNamedModel, modelOptions, whereModelsAre } from "./model-operand.ts";
import { choice, flag, flagName, integer, text } from "./option.ts";
import { loadInto } from "./saved-run.ts";
import type { Terminal } from "./terminal.ts";
import { traceEvents } from "./trace-events.ts";
import { UsageError } from "./usage-error.ts";

const mostBatch = 65_536;

const options = {
  batch: integer("images at a time (default: 1, or 64 with --train)", {
    initial: undefined,
    least: 1,
    most: mostBatch,
  }),
  train: flag("times a training step with SGD instead of inference"),
  runs: integer("timed runs, and as many profiled ones (default: as many as take a second)", {
    initial: undefined,
    least: 1,
    most: 100_000,
  }),
  kernels: integer("rows of the table of kernels, 0 for none", { initial: 30, least: 0, most: 1e6 }),
  backend: choice("NAME", ["wasm", "reference"], "wasm", "what computes"),
  threads: machineOptions.threads,
  weights: text("FILE", "parameters from a safetensors file (default: random ones)"),
  ...modelOptions,
  json: text("FILE", "writes all numbers as JSON"),
  trace: text("FILE", "writes a trace for chrome://tracing or ui.perfetto.dev"),
} as const;

export const bench: Command = defineCommand({
  name: "bench",
  summary: "Time a network as a whole and kernel by kernel",
  details:
    "Share is of the time of all kernels. Peak is the share of the multiply-adds that the same instructions reach on " +
    "this machine with nothing to wait for; MACs are those of the plain sums, so that an algorithm which needs fewer " +
    `can be above 100%. Images are random. ${whereModelsAre}`,
  operands: { name: "MODEL", least: 1, most: 1 },
  options,
  examples: [
    "fovea bench lenet5",
    "fovea bench batch-norm-net --train --batch 128 --threads 2",
    "fovea bench lenet5 --kernels 0 --json lenet5.json --trace lenet5-trace.json",
  ],
  run: runBenchmark,
});

type Values = Arguments<typeof options>["values"];

async function runBenchmark(args: Arguments<typeof options>, terminal: Terminal): Promise<number> {
  const { values } = args;
  const name = args.operands[0]!;
  refuseContradictions(values);
  manualSeed(0);
  const { model, input } = makeNamedModel(name, values);
  const { train, runs } = values;
  const batch = values.batch ?? (train ? 64 : 1);
  refuseTooLarge(batch, input);
  if (values.weights !== undefined) {
    const { tensors } = parseSafetensors(await readFile(values.weights), values.weights);
    loadInto(model, tensors, values.weights);
  }
  using interruption = listenForInterruption(() => {});
  const { signal } = interruption;
  const machine = values.threads === undefined ? {} : { threads: values.threads };
  const backend = values.backend === "wasm" ? createWasmBackend(machine) : reference;
  const peak = backend === reference ? undefined : await measurePeak(machine);
  const threads = peak?.threads ?? 1;
  const subject = { model: name, input, batch, train, backend: backend.name, threads };
  terminal.line(`${describeSubject(subject)}\n`);
  let result: Benchmark;
  try {
    result = await benchmark(model, { backend, input, batch, train, runs, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    return interruption.exitCode;
  }
  const report = reportBenchmark(subject, result, peak);
  for (const line of drawBenchmark(report, values.kernels, terminal.style)) terminal.line(line);
  await writeResults(values, report, result);
  return 0;
}

async function writeResults(
  { json, trace }: Values,
  report: BenchmarkReport,
  result: Benchmark,
): Promise<void> {
  const { kernels, times } = result;
  if (json !== undefined) await writeJson(json, { ...report, kernels, times });
  if (trace !== undefined) {
    const title = `fovea bench ${report.model}`;
    await writeJson(trace, { traceEvents: traceEvents(title, result), displayTimeUnit: "ms" });
  }
}

function writeJson(path: string, content: unknown): Promise<void> {
  return writeFileAtomic(path, new TextEncoder().encode(`${JSON.stringify(content)}\n`));
}

function refuseContradictions({ backend, threads, json, trace }: Values): void {
  if (backend === "reference" && threads !== undefined)
    throw new UsageError("--threads is for the wasm backend: reference computes on one thread");
  if (json !== undefined && json === trace) throw new UsageError("--json and --trace name the same file");
}

/** A memory of 32-bit addresses is all that there is, for everything. */
function refuseTooLarge(batch: number, input: Shape): void {
  const gibibytes = (4 * batch * input.reduce((a, b) => a * b)) / 2 ** 30;
  if (gibibytes < 4) return;
  throw new UsageError(
    `${flagName("batch")} ${batch}: the images take ${gibibytes.toFixed(1)} GiB, but there are 4 in all`,
  );
}
