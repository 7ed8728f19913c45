// npm run bench -- [benchmark …] [--against peer …] [--rounds 5] [--seconds 1] [--json file]

import { writeFileSync } from "node:fs";
import process, { argv, stderr, stdout } from "node:process";
import { type AnalysisTime, benchAnalyses } from "./analyses/bench-analyses.ts";
import { benchmarks } from "./benchmarks/index.ts";
import { benchFft } from "./fft.ts";
import { describeSurroundings, surroundings } from "./harness/machine.ts";
import { type Measurement, measure } from "./harness/measure.ts";
import { tableOf } from "./harness/report.ts";
import { benchLayers } from "./layers.ts";
import { benchMnist99 } from "./mnist-99/bench-mnist-99.ts";
import type { Reached } from "./mnist-99/reach.ts";
import { chosen, type Options, parseOptions } from "./options.ts";
import { ownSides, peers } from "./sides/index.ts";
import { benchZoo, type ZooTime } from "./zoo.ts";

/** Benchmarks of Fovea alone, which have no sides that take turns. */
const analyses = { name: "analyses" };
const fft = { name: "fft" };
const layers = { name: "layers" };
const mnist99 = { name: "mnist-99" };
const zoo = { name: "zoo" };

interface Analyses {
  readonly name: string;
  readonly times: readonly AnalysisTime[];
}

interface Result {
  readonly name: string;
  readonly batchSize: number;
  readonly description: string;
  readonly measurements: readonly Measurement[];
}

interface Training {
  readonly name: string;
  readonly trainings: readonly Reached[];
}

interface Fft {
  readonly name: string;
  readonly sweeps: Awaited<ReturnType<typeof benchFft>>;
}

interface Zoo {
  readonly name: string;
  readonly times: readonly ZooTime[];
}

type AnyResult = Result | Training | Analyses | Fft | Zoo;

/** Whether the measurement is one: the library itself ran, and everybody computed the same. */
function isSound(measurements: readonly Measurement[]): boolean {
  return measurements.every(
    ({ side, outcome }) =>
      outcome.kind !== "disagrees" && (outcome.kind === "measured" || !ownSides.includes(side)),
  );
}

async function main({ names, against, rounds, seconds, json }: Options): Promise<boolean> {
  const wanted = chosen(
    [...benchmarks, analyses, fft, layers, mnist99, zoo],
    names.length > 0 ? names : undefined,
    "benchmark",
  );
  const benchmarksToRun = benchmarks.filter((benchmark) => wanted.includes(benchmark));
  const allSides = [...ownSides, ...chosen(peers, against, "peer")];
  const at = surroundings();
  stdout.write(`${describeSurroundings(at)}\n`);
  stdout.write(`${rounds} rounds of ${seconds} s a side, in turn; medians\n`);
  const results: AnyResult[] = [];
  const add = (result: AnyResult): void => {
    results.push(result);
    if (json) writeFileSync(json, `${JSON.stringify({ ...at, rounds, seconds, results }, undefined, 2)}\n`);
  };
  let sound = true;
  for (const benchmark of benchmarksToRun) {
    const { name, batchSize, description, tolerance } = benchmark;
    const log = (line: string) => stderr.write(`${line}\n`);
    const sides = allSides.filter(({ tasks }) => tasks.includes(benchmark.task));
    const measurements = await measure(benchmark, sides, { rounds, seconds, log });
    stdout.write(
      `\n${name}, batch ${batchSize}: ${description}; tolerance of outputs ${tolerance.toExponential()}\n\n`,
    );
    stdout.write(`${tableOf(benchmark, measurements, ownSides)}\n`);
    add({ name, batchSize, description, measurements });
    sound &&= isSound(measurements);
  }
  if (wanted.includes(analyses)) add({ name: analyses.name, times: await benchAnalyses() });
  if (wanted.includes(fft)) add({ name: fft.name, sweeps: await benchFft(seconds / 4) });
  if (wanted.includes(layers)) await benchLayers(seconds / 3);
  if (wanted.includes(mnist99)) {
    const trainings = await benchMnist99();
    add({ name: mnist99.name, trainings });
    sound &&= trainings.every(({ reached }) => reached);
  }
  if (wanted.includes(zoo)) add({ name: zoo.name, times: await benchZoo() });
  return sound;
}

// So that what is registered for the end is done.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));

try {
  if (!(await main(parseOptions(argv.slice(2))))) process.exitCode = 1;
} catch (error) {
  stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
