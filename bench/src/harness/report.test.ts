import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Benchmark } from "../benchmarks/benchmark.ts";
import type { SideEntry } from "../sides/index.ts";
import type { Measurement } from "./measure.ts";
import { significant, tableOf } from "./report.ts";

const benchmark: Benchmark = {
  name: "example",
  task: "example",
  batchSize: 10,
  description: "nothing",
  checkedRuns: 1,
  tolerance: 0,
  prepare: () => {},
};

function side(name: string, threads = 1): SideEntry {
  return { name, settings: { threads }, tasks: [], command: () => [] };
}

function measured(of: SideEntry, imagesPerSecond: number[]): Measurement {
  return {
    side: of,
    outcome: {
      kind: "measured",
      version: `${of.name} 1`,
      difference: 2e-6,
      imagesPerSecond,
      firstResultMilliseconds: 1500,
      cachedFirstResultMilliseconds: of.cacheVariable === undefined ? undefined : 800,
      peakBytes: 2 ** 28,
      modes: [],
    },
  };
}

test("significant keeps three digits and separates thousands", () => {
  deepEqual([11234, 135.6, 0.20049, 1, 99.95].map(significant), ["11,200", "136", "0.2", "1", "100"]);
});

test("tableOf shows medians, paired ratios and reasons", () => {
  const ours = { ...side("Fovea"), cacheVariable: "CACHE" };
  const table = tableOf(
    benchmark,
    [
      measured(ours, [100, 300, 200]),
      measured(side("B", 2), [10, 100, 40]),
      { side: side("C"), outcome: { kind: "refused", reason: "no\nA|B" } },
    ],
    [ours],
  );
  equal(
    table,
    `|  | threads | images/s (least to most) | ms a run | Fovea, 1 thread: times as fast | first result, s | peak memory, MiB | difference of outputs | version |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
| Fovea | 1 | 200 (100 to 300) | 50 | – | 1.5, cached 0.8 | 256 | 2e-6 | Fovea 1 |
| B | 2 | 40 (10 to 100) | 250 | 5 (3 to 10) | 1.5 | 256 | 2e-6 | B 1 |
| C | 1 | refused: no A\\|B |  |  |  |  |  |  |`,
  );
});
