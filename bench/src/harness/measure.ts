import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serializeSafetensors } from "../../../dist/io/index.js";
import type { Benchmark } from "../benchmarks/benchmark.ts";
import type { SideEntry } from "../sides/index.ts";
import { SideError, SideProcess } from "./side-process.ts";
import { relativeDifference } from "./statistics.ts";

export interface Plan {
  readonly rounds: number;
  /** Of a side in a round. */
  readonly seconds: number;
  /** Told what is being done. */
  readonly log: (line: string) => void;
}

export interface Measurement {
  readonly side: SideEntry;
  readonly outcome: Outcome;
}

export type Outcome =
  | {
      readonly kind: "measured";
      readonly version: string;
      /** Of the outputs, to those of the first side that was measured. */
      readonly difference: number;
      /** By round. */
      readonly imagesPerSecond: readonly number[];
    }
  /** Not on this machine. */
  | { readonly kind: "skipped"; readonly reason: string }
  /** The library said no, or its process failed. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Its outputs are others, so its time would say nothing. */
  | { readonly kind: "disagrees"; readonly reason: string };

interface Runner {
  readonly side: SideEntry;
  readonly process: SideProcess;
  readonly version: string;
  readonly difference: number;
  readonly imagesPerSecond: number[];
}

/**
 * Measures the sides in turn, round by round (A B C, A B C, …), each in a process of its own that waits meanwhile.
 *
 * Before that, every side computes the same outputs from the same inputs and parameters, and runs once for warming up.
 */
export async function measure(
  benchmark: Benchmark,
  sides: readonly SideEntry[],
  { rounds, seconds, log }: Plan,
): Promise<Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), "fovea-bench-"));
  const tensors = join(folder, "tensors.safetensors");
  const processes: SideProcess[] = [];
  const outcomes = new Map<SideEntry, Outcome>();
  let runners: Runner[] = [];
  let expected: readonly (readonly number[])[] | undefined;

  const prepare = async (side: SideEntry): Promise<void> => {
    const command = side.command();
    if ("skip" in command) {
      outcomes.set(side, { kind: "skipped", reason: command.skip });
      return;
    }
    const process = new SideProcess(command, side.environment);
    processes.push(process);
    const { name, checkedRuns, tolerance } = benchmark;
    const { settings } = side;
    const { version } = await process.ask({ do: "start", benchmark: name, tensors, settings });
    const { outputs } = await process.ask({ do: "check", runs: checkedRuns });
    expected ??= outputs;
    const difference = relativeDifference(outputs, expected);
    if (difference > tolerance) {
      const by = `${difference.toExponential(1)}, which is more than ${tolerance.toExponential()}`;
      const reason = `its outputs differ from those of the first side by ${by}`;
      outcomes.set(side, { kind: "disagrees", reason });
      return;
    }
    runners.push({ side, process, version, difference, imagesPerSecond: [] });
  };

  const time = async ({ process, imagesPerSecond }: Runner): Promise<void> => {
    const { runs, milliseconds } = await process.ask({ do: "time", milliseconds: 1000 * seconds });
    imagesPerSecond.push((1000 * runs * benchmark.batchSize) / milliseconds);
  };

  /** A side that fails is out of the later rounds; what it says becomes its result. */
  const attempt = async (side: SideEntry, action: () => Promise<void>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof SideError)) throw error;
      outcomes.set(side, { kind: "refused", reason: error.message });
      runners = runners.filter((runner) => runner.side !== side);
    }
  };

  try {
    writeFileSync(tensors, serializeSafetensors(benchmark.tensors()));
    for (const side of sides) {
      log(`${benchmark.name}, batch ${benchmark.batchSize}: checking ${labelOf(side)}`);
      await attempt(side, () => prepare(side));
    }
    for (let round = 0; round <= rounds; round++) {
      log(
        `${benchmark.name}, batch ${benchmark.batchSize}: ${round === 0 ? "warming up" : `round ${round}`}`,
      );
      for (const runner of runners) await attempt(runner.side, () => time(runner));
    }
  } finally {
    for (const process of processes) process.close();
    rmSync(folder, { recursive: true });
  }
  for (const { side, version, difference, imagesPerSecond } of runners) {
    outcomes.set(side, { kind: "measured", version, difference, imagesPerSecond: imagesPerSecond.slice(1) });
  }
  return sides.map((side) => ({ side, outcome: outcomes.get(side)! }));
}

/** Such as "PyTorch, 2 threads". */
export function labelOf({ name, settings: { threads } }: SideEntry): string {
  return `${name}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
}
