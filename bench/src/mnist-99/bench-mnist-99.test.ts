import { match } from "node:assert/strict";
import { test } from "node:test";
import { tableOfSeeds } from "./bench-mnist-99.ts";
import type { Reached } from "./reach.ts";

const result = (seed: number, seconds: number, accuracies: readonly number[]): Reached => ({
  seed,
  reached: accuracies.at(-1)! >= 0.99,
  seconds,
  steps: 1000 * accuracies.length,
  epochs: 1.0625 * accuracies.length,
  accuracies,
  parameters: 37_634,
});

test("the table has every seed, and the median of the seconds", () => {
  const table = tableOfSeeds([result(0, 3, [0.9901]), result(1, 5.5, [0.98, 0.9915]), result(2, 4, [0.99])]);
  match(table, /^\| 1 \| 5\.50 \| 2\.13 \| 2,000 \| 98\.00 %, 99\.15 % \|$/m);
  match(table, /3 of 3 seeds; median \(least to most\): 4 \(3 to 5\.5\) s/);
});

test("a seed that did not get there is not hidden", () => {
  const table = tableOfSeeds([result(0, 3, [0.9901]), result(1, 5.5, [0.98])]);
  match(table, /^\| 1 \| not reached in 5\.50 \|/m);
  match(table, /1 of 2 seeds/);
});
