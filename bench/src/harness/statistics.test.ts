import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { pairedRatios, relativeDifference, summarize } from "./statistics.ts";

test("summarize takes the middle of sorted values", () => {
  deepEqual(summarize([10, 2, 3]), { median: 3, min: 2, max: 10 });
  deepEqual(summarize([4, 1, 2, 100]), { median: 3, min: 1, max: 100 });
  deepEqual(summarize([7]), { median: 7, min: 7, max: 7 });
  throws(() => summarize([]), /no values/);
});

test("pairedRatios divides round by round", () => {
  deepEqual(pairedRatios([6, 10], [2, 4]), [3, 2.5]);
  throws(() => pairedRatios([1], [1, 2]), /1 values beside 2/);
});

test("relativeDifference is relative to the largest value of each vector, and takes the worst vector", () => {
  equal(relativeDifference([[2.5], [10, 0]], [[2], [10, 1]]), 0.25);
  equal(relativeDifference([[0, 0]], [[0, 0]]), 0);
  equal(relativeDifference([[0.5]], [[0]]), Number.POSITIVE_INFINITY);
  equal(relativeDifference([[Number.NaN]], [[1]]), Number.POSITIVE_INFINITY);
  equal(relativeDifference([[1]], [[1], [2]]), Number.POSITIVE_INFINITY);
  equal(relativeDifference([[1]], [[1, 2]]), Number.POSITIVE_INFINITY);
});
