import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import host from "node:process";
import type { Benchmark } from "../benchmarks/benchmark.ts";
import type { SideEntry } from "../sides/index.ts";
import type { Work } from "./protocol.ts";
import { SideError, SideProcess } from "./side-process.ts";
import { relativeDifference } from "./statistics.ts";
import { fastestMode, type ModeTrial } from "./try-modes.ts";

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
      /** From the start of the process to the end of the first run. */
      readonly firstResultMilliseconds: number;
      /** The same where a process before has left its compiled programs, if the library can do that. */
      readonly cachedFirstResultMilliseconds: number | undefined;
      readonly peakBytes: number;
      /** The modes that were tried before, if there are several. */
      readonly modes: readonly ModeTrial[];
    }
  /** Not on this machine. */
  | { readonly kind: "skipped"; readonly reason: string }
  /** The library said no, or its process failed. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Its outputs are others, so its time would say nothing. */
  | { readonly kind: "disagrees"; readonly reason: string };

type Measured = Outcome & { readonly kind: "measured" };

interface Runner {
  readonly side: SideEntry;
  readonly process: SideProcess;
  readonly begun: Omit<Measured, "kind" | "imagesPerSecond" | "peakBytes">;
  readonly imagesPerSecond: number[];
  peakBytes: number;
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
  const { name, task, network, batchSize, checkedRuns, tolerance } = benchmark;
  const folder = mkdtempSync(join(tmpdir(), "fovea-bench-"));
  const processes: SideProcess[] = [];
  const outcomes = new Map<SideEntry, Outcome>();
  let runners: Runner[] = [];
  let expected: readonly (readonly number[])[] | undefined;

  const cleanUp = (): void => {
    for (const process of processes) process.close();
    rmSync(folder, { recursive: true, force: true });
  };

  const prepare = async (side: SideEntry): Promise<void> => {
    const command = side.command();
    if ("skip" in command) {
      outcomes.set(side, { kind: "skipped", reason: command.skip });
      return;
    }
    const open = (environment: SideEntry["environment"] = {}): SideProcess => {
      const process = new SideProcess(command, { ...side.environment, ...environment });
      processes.push(process);
      return process;
    };
    const plain: Work = { task, ...(network && { network }), folder, settings: side.settings };
    const choice = await fastestMode(
      () => open(),
      plain,
      side.modes?.[task] ?? [],
      (line) => log(`  ${line}`),
    );
    const start = async (environment?: SideEntry["environment"]) => {
      const began = performance.now();
      const process = open(environment);
      const { version } = await process.ask({ do: "start", ...choice.work });
      return { process, version, milliseconds: performance.now() - began };
    };
    const { process, version, milliseconds: firstResultMilliseconds } = await start();
    const { outputs } = await process.ask({ do: "check", runs: checkedRuns });
    expected ??= outputs;
    const difference = relativeDifference(outputs, expected);
    if (!(difference <= tolerance)) {
      const by = `${difference.toExponential(1)}, which is more than ${tolerance.toExponential()}`;
      const reason = `its outputs differ from those of the first side by ${by}`;
      outcomes.set(side, { kind: "disagrees", reason });
      return;
    }
    let cachedFirstResultMilliseconds: number | undefined;
    if (side.cacheVariable !== undefined) {
      const environment = { [side.cacheVariable]: join(folder, "cache") };
      (await start(environment)).process.close();
      const second = await start(environment);
      second.process.close();
      cachedFirstResultMilliseconds = second.milliseconds;
    }
    const begun = {
      version,
      difference,
      firstResultMilliseconds,
      cachedFirstResultMilliseconds,
      modes: choice.trials,
    };
    runners.push({ side, process, begun, imagesPerSecond: [], peakBytes: 0 });
  };

  const time = async (runner: Runner): Promise<void> => {
    const { runs, milliseconds, peakBytes } = await runner.process.ask({
      do: "time",
      milliseconds: 1000 * seconds,
    });
    runner.imagesPerSecond.push((1000 * runs * batchSize) / milliseconds);
    runner.peakBytes = peakBytes;
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

  // Whole networks are large, so their files go also where the command is interrupted.
  host.once("exit", cleanUp);
  try {
    log(`${name}, batch ${batchSize}: writing inputs and parameters`);
    await benchmark.prepare(folder);
    for (const side of sides) {
      log(`${name}, batch ${batchSize}: checking ${labelOf(side)}`);
      await attempt(side, () => prepare(side));
    }
    for (let round = 0; round <= rounds; round++) {
      log(`${name}, batch ${batchSize}: ${round === 0 ? "warming up" : `round ${round}`}`);
      for (const runner of runners) await attempt(runner.side, () => time(runner));
    }
  } finally {
    host.off("exit", cleanUp);
    cleanUp();
  }
  for (const { side, begun, imagesPerSecond, peakBytes } of runners) {
    const timed = { imagesPerSecond: imagesPerSecond.slice(1), peakBytes };
    outcomes.set(side, { kind: "measured", ...begun, ...timed });
  }
  return sides.map((side) => ({ side, outcome: outcomes.get(side)! }));
}

/** Such as "PyTorch, 2 threads". */
export function labelOf({ name, settings: { threads } }: SideEntry): string {
  return `${name}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
}
