import { expect, test } from "vitest";
import { type BenchmarkReport, type BenchmarkSubject, reportBenchmark } from "./benchmark-report.ts";
import { describeSubject, drawBenchmark } from "./draw-benchmark.ts";
import { createStyle } from "./style.ts";

const subject: BenchmarkSubject = {
  model: "large",
  input: [3, 224, 224],
  batch: 256,
  train: true,
  backend: "wasm",
  threads: 64,
};

const kernel = {
  name: "conv+multiply+add+maximum+reshape",
  kind: "contraction",
  algorithm: "direct",
  tile: [6, 16] as [number, number],
  shape: [256, 2048, 112, 112],
  ahead: false,
  macs: 123_456_789_012,
  bytes: 987_654_321,
  ms: 1234.5678,
  runs: 3,
};

function report(kernels: readonly (typeof kernel)[]): BenchmarkReport {
  const compilation = ["trace", "expand", "fuse", "schedule", "plan", "emit", "engine", "load"].map(
    (name) => ({
      name,
      start: 0,
      ms: 12_345.6,
    }),
  );
  const peak = { path: "wide", threads: 64, flopsPerSecond: 6.4e12, bytesPerSecond: 4e11 } as const;
  return reportBenchmark(subject, { times: [4000, 5000, 9000], kernels, kernelTimes: [], compilation }, peak);
}

const draw = (kernels: readonly (typeof kernel)[], limit: number): string[] =>
  drawBenchmark(report(kernels), limit, createStyle(false));

test("a benchmark's table has a row for kernels that are alike, and fits in 110 columns", () => {
  const other = { ...kernel, name: "sum", tile: [4, 8] as [number, number], ms: 2000 };
  const lines = draw([kernel, other, ...Array.from({ length: 11 }, () => kernel)], 10);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
  expect(lines[1]).toMatch(
    /^conv.+… ×12 {2}direct 6×16 {2}\[256, 2048, 112, 11… {2}1.48 T {2}11.9 GB {2}14814.8 /,
  );
  expect(lines[2]).toMatch(/^sum +direct 4×8 .* 123 G +988 MB +2000.0 +0.5 +123.5 +11.9% +2%$/);
  expect(lines[3]).toBe("");
  expect(lines).toContain("run              5000.0 ms (median of 3), 4000.0 ms at best");
  expect(lines).toContain("images/s         51.2");
});

test("a benchmark's table ends with what is left out", () => {
  const lines = draw([kernel, { ...kernel, name: "sum" }, { ...kernel, name: "max" }], 1);
  expect(lines[2]).toMatch(/^2 more +2469\.1 +66\.7%$/);
  expect(draw([kernel], 0)[0]).toMatch(/^run /);
  expect(describeSubject(subject)).toBe(
    "large: a training step on 256 images of [3, 224, 224], wasm, 64 threads",
  );
});
