import { expect, test } from "vitest";
import { Profile } from "./profile.ts";

test("a profile has the median of each kernel's times, and forgets them when it begins again", () => {
  const profile = new Profile();
  const runOnce = (kernels: readonly number[]): void => {
    profile.beginRun();
    for (const kernel of kernels) profile.time(kernel, () => {});
  };
  runOnce([0, 1]);
  expect(profile.times).toEqual([]);
  profile.switch(true);
  runOnce([0, 1]);
  runOnce([1]);
  profile.switch(false);
  runOnce([0, 1]);
  expect(profile.times.map(({ run, kernel }) => [run, kernel])).toEqual([
    [0, 0],
    [0, 1],
    [1, 1],
  ]);
  const [, first, second] = profile.times.map(({ ms }) => ms);
  expect(profile.summary(3)).toEqual([
    { ms: profile.times[0]!.ms, runs: 1 },
    { ms: (first! + second!) / 2, runs: 2 },
    { ms: undefined, runs: 0 },
  ]);
  profile.switch(true);
  expect(profile.times).toEqual([]);
});
