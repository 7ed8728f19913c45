import { describe, expect, test } from "vitest";
import { compareArrays, tolerance } from "../../test/tolerance.ts";
import { ArgumentError, ShapeError } from "../core/errors.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import "../index.ts";
import { createModel } from "../models/create-model.ts";
import { type FeatureMaps, featureMaps } from "./feature-maps.ts";
import { filters } from "./filters.ts";
import { traceLayers } from "./trace-layers.ts";

const image = tensor(
  Float32Array.from({ length: 3 * 16 * 16 }, (_, i) => Math.sin(i)),
  { shape: [3, 16, 16] },
);

async function all(maps: AsyncIterable<FeatureMaps>): Promise<FeatureMaps[]> {
  const found: FeatureMaps[] = [];
  for await (const each of maps) found.push(each);
  return found;
}

describe("featureMaps", () => {
  test("are the outputs of the layers, each tensor once, in order", async () => {
    const model = createModel("cifar_resnet20").eval();
    const found = await all(featureMaps(model, image));
    const names = found.map(({ layer }) => layer);
    expect(names.slice(0, 5)).toEqual(["conv1", "bn1", "relu", "layer1.0.conv1", "layer1.0.bn1"]);
    // The block's sum goes through the same ReLU again, and is the output of the block as well.
    expect(names).toContain("layer1.0.relu#2");
    expect(names).not.toContain("layer1.0");
    expect(names.at(-1)).toBe("linear");
    const { calls } = traceLayers(model, tensor(await image.data(), { shape: [1, 3, 16, 16] }));
    for (const layer of ["layer2.0.bn1", "avgpool", "linear"]) {
      const expected: Tensor = calls.find(({ name }) => name === layer)!.output;
      const actual = found.find((each) => each.layer === layer)!;
      expect(actual.shape.reduce((a, b) => a * b)).toBe(expected.size);
      expect(compareArrays(actual.values, await expected.data(), tolerance.model)).toBeUndefined();
    }
    expect(found.find(({ layer }) => layer === "layer1.0.relu#2")).toMatchObject({
      kind: "ReLU",
      shape: [16, 16, 16],
    });
  });

  test("tell of every map what it holds", async () => {
    const model = createModel("cifar_resnet20").eval();
    const [relu] = await all(featureMaps(model, image, { layers: ["relu"] }));
    expect(relu!.maps).toHaveLength(16);
    const plane = relu!.values.subarray(5 * 256, 6 * 256);
    const mean = plane.reduce((a, b) => a + b) / 256;
    expect(relu!.maps[5]).toEqual({
      mean: expect.closeTo(mean, 6),
      std: expect.closeTo(Math.sqrt(plane.reduce((a, b) => a + (b - mean) ** 2, 0) / 256), 6),
      min: 0,
      max: Math.max(...plane),
      zeros: plane.filter((value) => value === 0).length / 256,
    });
    const shares = relu!.maps.reduce((a, map) => a + map.zeros, 0) / 16;
    expect(relu!.statistics.zeros).toBeCloseTo(shares, 6);
  });

  test("refuse names that there are not, and batches", async () => {
    const model = createModel("cifar_resnet20");
    await expect(all(featureMaps(model, image, { layers: ["layer1.0.conv3"] }))).rejects.toThrow(
      ArgumentError,
    );
    const two = tensor(new Float32Array(6 * 16 * 16), { shape: [2, 3, 16, 16] });
    await expect(all(featureMaps(model, two))).rejects.toThrow(ShapeError);
    expect(model.training).toBe(true);
  });
});

test("filters are the weights of four axes, with the norm of each", async () => {
  const model = createModel("lenet5");
  const found = await filters(model);
  expect(found.map(({ name, shape }) => `${name} ${shape}`)).toEqual([
    "0.weight 6,1,5,5",
    "3.weight 16,6,5,5",
  ]);
  const first = found[0]!.values.subarray(25, 50);
  expect(found[0]!.norms[1]).toBeCloseTo(Math.hypot(...first), 5);
});
