import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { smallBatches, smallCnn, wave } from "../../../test/small-cnn.ts";
import { compareArrays, tolerance } from "../../../test/tolerance.ts";
import "../../default-backend.ts";
import { reference } from "../../backend/reference/reference.ts";
import { createWasmBackend } from "../../backend/wasm/wasm.ts";
import { evaluate, setBackend } from "../../compiler/runtime.ts";
import { ArgumentError, FileError } from "../../core/errors.ts";
import { tensor } from "../../core/tensor.ts";
import type { Module } from "../../nn/module.ts";
import type { StateDict } from "../../nn/state-dict.ts";
import { crossEntropy } from "../../ops/cross-entropy.ts";
import { cosine, type Direction, directionTo, randomDirection } from "./direction.ts";
import { contourLevels, drawLandscape } from "./draw-landscape.ts";
import { type LandscapePoints, landscapeGrid, lossLandscape } from "./loss-landscape.ts";
import { checksum, parseSurface, requireSameSurface, serializeSurface } from "./surface-file.ts";

beforeAll(() => setBackend(createWasmBackend({ threads: 1 })));

/** The loss of the four images in float64, after the parameters were moved by hand. */
async function movedLoss(
  directions: readonly Direction[],
  at: readonly number[],
  training = false,
): Promise<number> {
  const model = smallCnn().train(training);
  for (const [name, parameter] of [...model.namedParameters(), ...model.namedBuffers()]) {
    const values = (await parameter.data()).slice();
    for (const [d, direction] of directions.entries()) {
      const delta = await direction.get(name)?.data();
      for (let i = 0; delta && i < values.length; i++) values[i]! += at[d]! * delta[i]!;
    }
    parameter.assign(values);
  }
  const [images, labels] = smallBatches(4)[0]!;
  const loss = crossEntropy(model.forward(images), labels);
  await evaluate([loss], reference);
  return loss.item();
}

async function stateOf(model: Module): Promise<StateDict> {
  return structuredClone(await model.stateDict());
}

describe("randomDirection", () => {
  test("each filter has the norm of the network's, and vectors stay", async () => {
    const model = smallCnn();
    const direction = await randomDirection(model, { seed: 4 });
    expect([...direction.keys()]).toEqual(["0.weight", "4.weight", "7.weight"]);
    for (const [name, delta] of direction) {
      const [found, own] = [await delta.data(), await model.namedParameters().get(name)!.data()];
      const size = found.length / delta.shape[0]!;
      const norms = (values: ArrayLike<number>): number[] =>
        Array.from({ length: delta.shape[0]! }, (_, filter) =>
          Math.hypot(...Array.from(values).slice(filter * size, (filter + 1) * size)),
        );
      expect(compareArrays(norms(found), norms(own), tolerance.kernel)).toBeUndefined();
    }
  });

  test("follows from seed and index, and can be had by layer, plain, and with vectors", async () => {
    const model = smallCnn();
    const values = async (options: object): Promise<number[]> => {
      const direction = await randomDirection(model, options);
      return (await Promise.all([...direction.values()].map((each) => each.data()))).flatMap((each) => [
        ...each,
      ]);
    };
    expect(await values({ seed: 3 })).toEqual(await values({ seed: 3 }));
    expect(await values({ seed: 3 })).not.toEqual(await values({ seed: 4 }));
    expect(await values({ seed: 3 })).not.toEqual(await values({ seed: 3, index: 1 }));
    expect(await values({ ignoreVectors: false })).toHaveLength(93);
    const plain = await values({ normalize: "none" });
    expect(plain.reduce((sum, x) => sum + x * x, 0) / plain.length).toBeCloseTo(1, 0);
    const layer = await values({ normalize: "layer" });
    const own = await model.namedParameters().get("0.weight")!.data();
    expect(Math.hypot(...layer.slice(0, 18))).toBeCloseTo(Math.hypot(...own), 5);
    const [a, b] = await Promise.all([randomDirection(model), randomDirection(model, { index: 1 })]);
    expect(await cosine(a, a)).toBeCloseTo(1, 12);
    expect(Math.abs(await cosine(a, b))).toBeLessThan(0.5);
  });
});

describe("lossLandscape", () => {
  test("equals the float64 loss of a network whose parameters were moved, in batches of any size", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.constantFrom([4], [1, 3], [2, 2]), async (seed, sizes) => {
        const model = smallCnn();
        const before = await stateOf(model);
        const directions = [
          await randomDirection(model, { seed }),
          await randomDirection(model, { seed, index: 1 }),
        ];
        const grid = { alphas: [-1, 0, 0.5], betas: [0, 2] };
        const { loss, accuracy } = await lossLandscape(model, smallBatches(...sizes), { directions, grid });
        const expected = await Promise.all(
          grid.betas.flatMap((beta) => grid.alphas.map((alpha) => movedLoss(directions, [alpha, beta]))),
        );
        expect(compareArrays(loss, expected, tolerance.model)).toBeUndefined();
        expect(accuracy.every((share) => [0, 0.25, 0.5, 0.75, 1].includes(share))).toBe(true);
        expect(await stateOf(model)).toEqual(before);
      }),
      { numRuns: 6 },
    );
  });

  test("the batch's statistics are those of training, and none are kept", async () => {
    const model = smallCnn();
    const before = await stateOf(model);
    const directions = [await randomDirection(model)];
    const grid = { alphas: [0, 1], betas: [0] };
    const { loss } = await lossLandscape(model, smallBatches(4), { directions, grid, statistics: "batch" });
    const expected = [await movedLoss([], [], true), await movedLoss(directions, [1], true)];
    expect(compareArrays(loss, expected, tolerance.model)).toBeUndefined();
    expect(Math.abs(loss[0]! - (await movedLoss([], [])))).toBeGreaterThan(1e-3);
    expect(await stateOf(model)).toEqual(before);
    expect(model.training).toBe(true);
  });

  test("goes on from what is known to the same bits, and an abort leaves the network as it was", async () => {
    const model = smallCnn();
    const before = await stateOf(model);
    const options = { seed: 2, grid: landscapeGrid(2, 4) };
    const whole = await lossLandscape(model, smallBatches(2, 2), options);
    const controller = new AbortController();
    let known: LandscapePoints = { loss: [], accuracy: [] };
    const interrupted = lossLandscape(model, smallBatches(2, 2), {
      ...options,
      signal: controller.signal,
      onPoint: (points) => {
        known = structuredClone(points);
        if (points.loss.length === 7) controller.abort(new Error("enough"));
      },
    });
    await expect(interrupted).rejects.toThrow("enough");
    expect(known.loss).toHaveLength(7);
    expect(await stateOf(model)).toEqual(before);
    let points = 0;
    const resumed = await lossLandscape(model, smallBatches(2, 2), {
      ...options,
      known,
      onPoint: () => void points++,
    });
    expect(points).toBe(9);
    expect(resumed).toEqual(whole);
  });

  test("a line to other parameters ends in their loss, running statistics included", async () => {
    const model = smallCnn();
    const other = smallCnn();
    for (const [k, parameter] of other.parameters().entries()) {
      parameter.assign(
        wave(
          parameter.shape.reduce((a, b) => a * b, 1),
          k + 30,
          0.4,
        ),
      );
    }
    other.namedBuffers().get("1.running_var")!.assign(Float32Array.of(2, 0.5));
    const direction = await directionTo(model, await other.stateDict());
    const grid = { alphas: [0, 0.5, 1], betas: [0] };
    const line = await lossLandscape(model, smallBatches(4), { directions: [direction], grid });
    const itself = await lossLandscape(other, smallBatches(4), { grid: { alphas: [0], betas: [0] } });
    expect(line.loss[2]).toBeCloseTo(itself.loss[0]!, 5);
    const strange = new Map(await other.stateDict());
    strange.delete("4.bias");
    await expect(directionTo(model, strange)).rejects.toThrow("4.bias is [3] in the network, but is missing");
  });

  test("what cannot be meant is refused", async () => {
    const model = smallCnn();
    expect(() => landscapeGrid(2, 1)).toThrow(ArgumentError);
    expect(landscapeGrid(1, 3, 2)).toEqual({ alphas: [-2, 0, 2], betas: [0] });
    await expect(lossLandscape(model, [])).rejects.toThrow("there are no samples");
    const direction = new Map([["layer", tensor([1])]]);
    const grid = landscapeGrid(1, 3);
    await expect(lossLandscape(model, smallBatches(4), { directions: [direction], grid })).rejects.toThrow(
      'names "layer", which the network does not have',
    );
    await expect(lossLandscape(model, smallBatches(4), { directions: [direction] })).rejects.toThrow(
      "two directions",
    );
  });
});

describe("the file of a surface", () => {
  const identity = { network: "small", seed: 3 };
  const surface = {
    identity,
    alphas: [-1, 0, 1],
    betas: [0],
    loss: [1.5, Number.POSITIVE_INFINITY],
    accuracy: [0.5, Number.NaN],
  };

  test("holds every number, and finds out another network or grid", async () => {
    const found = parseSurface(serializeSurface(surface), "a.json");
    expect(found).toEqual(surface);
    expect(() => requireSameSurface(found, identity, surface, "a.json")).not.toThrow();
    expect(() => requireSameSurface(found, { ...identity, seed: 4 }, surface, "a.json")).toThrow(
      "a.json: is of another surface: seed is 3 there, but 4 here",
    );
    expect(() => requireSameSurface(found, { network: "small" }, surface, "a.json")).toThrow("nothing here");
    expect(() => requireSameSurface(found, identity, landscapeGrid(1, 5), "a.json")).toThrow(
      "its grid is another",
    );
    const [model, other] = [smallCnn(), smallCnn()];
    expect(await checksum(model)).toBe(await checksum(other));
    other.parameters()[0]!.assign(wave(18, 1));
    expect(await checksum(model)).not.toBe(await checksum(other));
  });

  test.each([
    ["{", "is no JSON"],
    ["[1]", "is no loss landscape"],
    ['{"format":"other"}', "is no loss landscape"],
    ["identity", "identity is no record"],
    ["loss", "loss is no list of numbers"],
    ["accuracy", "has 2 losses and 0 accuracies"],
  ])("%s is refused", (broken, problem) => {
    const text = new TextDecoder().decode(serializeSurface(surface));
    const value = { identity: "1", loss: '["x"]', accuracy: "[]" }[broken];
    const content =
      value === undefined
        ? broken
        : text.replace(new RegExp(`"${broken}":[^\\]}]*[\\]}]`), `"${broken}":${value}`);
    expect(() => parseSurface(new TextEncoder().encode(content), "b.json")).toThrow(FileError);
    expect(() => parseSurface(new TextEncoder().encode(content), "b.json")).toThrow(problem);
  });
});

test("pictures: contours at equal ratios, a map in two dimensions, curves in one", async () => {
  expect(contourLevels([1, 100, Number.NaN], 2).map(Math.round)).toEqual([3, 32]);
  expect(contourLevels([])).toEqual([]);
  const grid = landscapeGrid(2, 3);
  const accuracy = new Array<number>(9).fill(0.5);
  const loss = [4, 3, 4, 2, 1, 2, 4, 3, 4];
  const map = await drawLandscape({ ...grid, loss, accuracy }, { title: "valley" });
  expect(map).toContain("valley");
  expect(map).toContain("data:image/png");
  const line = { alphas: [-1, 0, 1], betas: [0], loss: [2, 1, 2], accuracy: [0, 1, 0] };
  expect(await drawLandscape(line, { title: "cut" })).toContain("accuracy");
});
