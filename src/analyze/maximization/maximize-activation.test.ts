import { describe, expect, test } from "vitest";
import { ArgumentError } from "../../core/errors.ts";
import { tensor } from "../../core/tensor.ts";
import "../../index.ts";
import { Conv2d, GlobalAvgPool, ReLU, Sequential } from "../../nn/index.ts";
import { manualSeed } from "../../nn/random.ts";
import { globalAvgPool } from "../../ops/global-pool.ts";
import { waveBasis } from "./image-basis.ts";
import { blurredLine, movedLine } from "./line-matrix.ts";
import { maximizeActivation } from "./maximize-activation.ts";

function network(): Sequential {
  manualSeed(3);
  return new Sequential(new Conv2d(3, 5, 3), new ReLU(), new Conv2d(5, 4, 3), new GlobalAvgPool());
}

const usual = { imageShape: [3, 16, 16], steps: 24, jitter: 1 } as const;

describe("maximizeActivation", () => {
  test.each(["waves", "pixels"] as const)("climbs by %s, each image for its own channel", async (basis) => {
    const result = await maximizeActivation(network(), { ...usual, layer: "0", channels: [4, 1], basis });
    for (const n of [0, 1]) expect(result.after[n]!).toBeGreaterThan(result.before[n]! + 0.02);
    expect(result.images).toHaveLength(2 * 768);
    expect(result.images.every((value) => value > 0 && value < 1)).toBe(true);
    // Each image is better at what it was made for than the other one is.
    const conv = network().layers[0]!;
    const maps = globalAvgPool(conv.forward(tensor(result.images, { shape: [2, 3, 16, 16] })));
    const means = await maps.data();
    expect(means[4]!).toBeGreaterThan(means[5 + 4]!);
    expect(means[5 + 1]!).toBeGreaterThan(means[1]!);
    const again = await maximizeActivation(network(), { ...usual, layer: "0", channels: [4, 1], basis });
    expect(again.images).toEqual(result.images);
  });

  test("takes the class scores unless a layer is told, with what is asked of the image", async () => {
    const roughness = (images: Float32Array): number =>
      images.reduce((total, value, i) => total + (i % 16 ? Math.abs(value - images[i - 1]!) : 0), 0);
    const make = async (more: object): Promise<Float32Array> => {
      const options = { ...usual, channels: [2], basis: "pixels", ...more } as const;
      const { before, after, images } = await maximizeActivation(network(), options);
      expect(after[0]!).toBeGreaterThan(before[0]!);
      return images;
    };
    const plain = await make({});
    expect(roughness(await make({ totalVariation: 0.3 }))).toBeLessThan(0.9 * roughness(plain));
    expect(roughness(await make({ blur: 1 }))).toBeLessThan(0.9 * roughness(plain));
    const contrast = (images: Float32Array): number =>
      images.reduce((sum, value) => sum + (value - 0.5) ** 2, 0);
    expect(contrast(await make({ l2: 3 }))).toBeLessThan(0.9 * contrast(plain));
  });

  test("refuses channels and layers that there are not", async () => {
    const make = (more: object): Promise<unknown> =>
      maximizeActivation(network(), { ...usual, channels: [0], ...more });
    await expect(make({ channels: [4] })).rejects.toThrow(
      "there is no class 4: the network has 4, from 0 to 3",
    );
    await expect(make({ layer: "1", channels: [5] })).rejects.toThrow('the layer "1" has 5, from 0 to 4');
    await expect(make({ layer: "7" })).rejects.toThrow(ArgumentError);
    await expect(make({ channels: [] })).rejects.toThrow("no channel");
  });
});

test("waves are an orthogonal basis: equal strengths of all would give back the energy", async () => {
  const [height, width] = [6, 5];
  const basis = waveBasis([1, height, width]);
  const energy = async (k: number): Promise<number> => {
    const coefficients = new Float32Array(height * width);
    coefficients[k] = 1;
    const values = await basis(tensor(coefficients, { shape: [1, 1, height, width] })).data();
    return Array.from(values, Number).reduce((total, value) => total + value ** 2, 0);
  };
  // Of one wave over the height, and of two waves over the height and one over the width: (1 / 4f)².
  expect(await energy(width)).toBeCloseTo((1 / (4 / 6)) ** 2, 5);
  expect(await energy(2 * width + 1)).toBeCloseTo((1 / (4 * Math.hypot(2 / 6, 1 / 5))) ** 2, 5);
});

test("lines are moved by whole and by parts of pixels, and blurred", async () => {
  const line = tensor([0, 0, 1, 0, 0, 0], { shape: [6, 1] });
  const times = async (matrix: ReturnType<typeof movedLine>): Promise<number[]> => {
    const m = await matrix.data();
    const x = await line.data();
    return Array.from({ length: 6 }, (_, i) =>
      Array.from(x).reduce((sum, v, j) => sum + v * m[i * 6 + j]!, 0),
    );
  };
  expect(await times(movedLine(6, 0, 1))).toEqual([0, 0, 1, 0, 0, 0]);
  expect(await times(movedLine(6, 1, 1))).toEqual([0, 1, 0, 0, 0, 0]);
  expect(await times(movedLine(6, -0.25, 1))).toEqual([0, 0, 0.75, 0.25, 0, 0]);
  const blurred = await times(blurredLine(6, 1));
  expect(blurred[2]).toBeGreaterThan(blurred[1]!);
  expect(blurred[1]).toBeCloseTo(blurred[3]!, 2);
});
