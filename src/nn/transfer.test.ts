import { beforeAll, describe, expect, test } from "vitest";
import { TinyNetwork } from "../../test/tiny-problem.ts";
import { reference } from "../backend/reference/reference.ts";
import { setBackend } from "../compiler/runtime.ts";
import { Linear } from "./linear.ts";
import type { StateDict } from "./state-dict.ts";
import { isInside, loadTransferred } from "./transfer.ts";

beforeAll(() => setBackend(reference));

/** The same network with three classes in place of four. */
function threeClasses(): TinyNetwork {
  return Object.assign(new TinyNetwork(0, 8), { head: new Linear(8, 3) });
}

describe("loadTransferred", () => {
  test("takes all but what has the classes as its first extent", async () => {
    const source = await new TinyNetwork(0, 5).stateDict();
    const model = threeClasses();
    const initial = await model.stateDict();
    expect(await loadTransferred(model, source, ["head"])).toEqual(["head.weight", "head.bias"]);
    const loaded = await model.stateDict();
    for (const [name, value] of loaded) {
      expect(value, name).toEqual((name.startsWith("head.") ? initial : source).get(name));
    }
  });

  test("takes the last layer, too, where the classes are as many", async () => {
    const source = await new TinyNetwork(0, 5).stateDict();
    const model = new TinyNetwork(0, 8);
    expect(await loadTransferred(model, source, ["head"])).toEqual([]);
    expect(await model.stateDict()).toEqual(source);
  });

  const changes: readonly (readonly [string, (state: StateDict) => unknown, string])[] = [
    ["a missing name", (state) => state.delete("hidden.bias"), "missing:    hidden.bias"],
    ["a missing last layer", (state) => state.delete("head.weight"), "missing:    head.weight"],
    ["a name too many", (state) => state.set("extra", state.get("head.bias")!), "unexpected: extra"],
    [
      "another inner shape",
      (state) => state.set("hidden.bias", state.get("head.bias")!),
      "hidden.bias is [8] in the module, but [4] in the state",
    ],
    [
      "a last layer of other features",
      (state) => state.set("head.weight", state.get("hidden.weight")!),
      "head.weight is [3, 8] in the module, but [8, 4] in the state",
    ],
  ];
  test.each(changes)("refuses %s and changes nothing", async (_, change, message) => {
    const state = await new TinyNetwork(0, 5).stateDict();
    change(state);
    const model = threeClasses();
    const before = await model.stateDict();
    await expect(loadTransferred(model, state, ["head"])).rejects.toThrow(message);
    expect(await model.stateDict()).toEqual(before);
  });
});

test("isInside tells a layer's parts from those of one whose name only begins alike", () => {
  expect(["fc", "fc.weight", "fc2.weight", "layer.fc"].map((path) => isInside(path, ["fc"]))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
