import type { Peak } from "../backend/wasm/peak.ts";
import type { KernelInfo } from "../core/backend.ts";
import { medianOf, type PhaseTime } from "../core/profile.ts";
import type { Shape } from "../core/shape.ts";
import type { Benchmark } from "./benchmark.ts";

/** What was measured. */
export interface BenchmarkSubject {
  readonly model: string;
  readonly input: Shape;
  readonly batch: number;
  readonly train: boolean;
  readonly backend: string;
  readonly threads: number;
}

/** Kernels of a program that are alike. */
export interface KernelGroup {
  readonly name: string;
  readonly algorithm: string;
  readonly tile: readonly [rows: number, columns: number] | undefined;
  readonly shape: Shape;
  readonly count: number;
  /** Of all of them together: multiply-accumulates, bytes read and written, and milliseconds of a run. */
  readonly macs: number;
  readonly bytes: number;
  readonly ms: number;
  /** Of its multiply-adds, each counted as two; and what share of the machine's peak that is. */
  readonly flopsPerSecond: number;
  readonly peakShare: number | undefined;
  /** The share that they have in the time of all kernels. */
  readonly share: number;
}

export interface BenchmarkReport extends BenchmarkSubject {
  readonly peak: Peak | undefined;
  readonly runs: number;
  readonly medianMs: number;
  readonly minMs: number;
  readonly imagesPerSecond: number;
  /** Of one run. */
  readonly macs: number;
  readonly flopsPerSecond: number;
  readonly peakShare: number | undefined;
  /** All kernels of a run together; the part of a whole run's median that is not theirs. */
  readonly kernelMs: number;
  readonly shareOutside: number;
  /** Those of each run, from the group that takes most time to the one that takes least. */
  readonly groups: readonly KernelGroup[];
  /** Those that ran once, ahead: what they took then. */
  readonly ahead: { readonly kernels: number; readonly ms: number };
  readonly compilation: readonly PhaseTime[];
}

/** Adds up what was measured. */
export function reportBenchmark(
  subject: BenchmarkSubject,
  { times, kernels, compilation }: Benchmark,
  peak: Peak | undefined,
): BenchmarkReport {
  const medianMs = medianOf(times)!;
  const ahead = kernels.filter((kernel) => kernel.ahead);
  const each = kernels.filter((kernel) => !kernel.ahead);
  const kernelMs = total(each, msOf);
  const macs = total(each, (kernel) => kernel.macs);
  const speed = (count: number, ms: number) => {
    const flopsPerSecond = ms > 0 ? (2 * count) / (ms / 1000) : 0;
    return {
      flopsPerSecond,
      peakShare: peak && count > 0 ? flopsPerSecond / peak.flopsPerSecond : undefined,
    };
  };
  const groups = groupsOf(each).map((alike): KernelGroup => {
    const { name, algorithm, tile, shape } = alike[0]!;
    const [own, ms] = [total(alike, (kernel) => kernel.macs), total(alike, msOf)];
    const bytes = total(alike, (kernel) => kernel.bytes);
    const share = kernelMs > 0 ? ms / kernelMs : 0;
    const sums = { macs: own, bytes, ms, share, ...speed(own, ms) };
    return { name, algorithm, tile, shape, count: alike.length, ...sums };
  });
  return {
    ...subject,
    peak,
    runs: times.length,
    medianMs,
    minMs: times[0]!,
    imagesPerSecond: (1000 * subject.batch) / medianMs,
    macs,
    ...speed(macs, medianMs),
    kernelMs,
    shareOutside: Math.max(0, 1 - kernelMs / medianMs),
    groups: groups.sort((a, b) => b.ms - a.ms),
    ahead: { kernels: ahead.length, ms: total(ahead, msOf) },
    compilation,
  };
}

function groupsOf(kernels: readonly KernelInfo[]): KernelInfo[][] {
  const groups = new Map<string, KernelInfo[]>();
  for (const kernel of kernels) {
    const { name, algorithm, tile, shape, macs, bytes } = kernel;
    const key = JSON.stringify([name, algorithm, tile, shape, macs, bytes]);
    groups.set(key, [...(groups.get(key) ?? []), kernel]);
  }
  return [...groups.values()];
}

function msOf({ ms }: KernelInfo): number {
  return ms ?? 0;
}

function total(kernels: readonly KernelInfo[], of: (kernel: KernelInfo) => number): number {
  return kernels.reduce((sum, kernel) => sum + of(kernel), 0);
}
