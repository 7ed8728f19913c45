import { expect, test } from "vitest";
import { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";
import type { Module } from "./module.ts";
import { Sequential } from "./sequential.ts";
import { withMode } from "./with-mode.ts";

const modesOf = (model: Module): boolean[] =>
  [...model.namedModules().values()].map((module) => module.training);

test("gives each part its own mode back: at once, later, and after a failure", async () => {
  const inner = new Sequential(new Dropout(0.5), new Linear(2, 1));
  const model: Module = new Sequential(new Linear(2, 2), inner);
  const layers = [...model.namedModules().values()];
  layers[1]!.eval();
  layers[3]!.eval();
  const before = modesOf(model);
  expect(new Set(before).size).toBe(2);

  expect(withMode(model, false, () => modesOf(model))).toEqual(before.map(() => false));
  expect(modesOf(model)).toEqual(before);

  const later = withMode(model, true, async () => {
    await Promise.resolve();
    return modesOf(model);
  });
  expect(modesOf(model)).toEqual(before.map(() => true));
  expect(await later).toEqual(before.map(() => true));
  expect(modesOf(model)).toEqual(before);

  const fail = (): never => {
    throw new Error("broken");
  };
  expect(() => withMode(model, false, fail)).toThrow("broken");
  await expect(withMode(model, false, async () => fail())).rejects.toThrow("broken");
  expect(modesOf(model)).toEqual(before);
});
