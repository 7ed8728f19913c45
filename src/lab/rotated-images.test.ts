import { describe, expect, test } from "vitest";
import "../default-backend.ts";
import { tensor } from "../core/tensor.ts";
import { Dataset } from "../data/dataset.ts";
import { actOnGrid } from "../equivariant/grid-action.ts";
import { cyclicGroup } from "../equivariant/group.ts";
import { rotatedImages, rotateInto } from "./rotated-images.ts";

const noise = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * i * 37) % 251);

describe("rotateInto", () => {
  test.each([1, 2, 3])("by %i quarter turns is the exact action, for each channel", async (quarters) => {
    const image = noise(2 * 7 * 7);
    const turned = new Uint8Array(image.length);
    rotateInto(turned, image, [2, 7, 7], (quarters * Math.PI) / 2);
    const x = tensor(Float32Array.from(image), { shape: [2, 7, 7] });
    expect([...turned]).toEqual([...(await actOnGrid(x, cyclicGroup(4), quarters).data())]);
  });

  test("is linear between pixels, and counter-clockwise", () => {
    // A bright point 4 to the right of the centre of an 11 × 11 image, turned by 30°.
    const image = new Uint8Array(121);
    image[5 * 11 + 9] = 200;
    const turned = new Uint8Array(121);
    rotateInto(turned, image, [1, 11, 11], Math.PI / 6);
    const [x, y] = [5 + 4 * Math.cos(Math.PI / 6), 5 - 4 * Math.sin(Math.PI / 6)];
    const mass = turned.reduce((a, b) => a + b, 0);
    const centre = (at: (i: number) => number): number =>
      turned.reduce((total, value, i) => total + (value / mass) * at(i), 0);
    expect(centre((i) => i % 11)).toBeCloseTo(x, 0);
    expect(centre((i) => Math.floor(i / 11))).toBeCloseTo(y, 0);
    // A square of one pixel, turned, meets at most four pixels with their centres less than one from its own.
    expect(turned.filter((value) => value > 0).length).toBeLessThanOrEqual(4);
  });
});

describe("rotatedImages", () => {
  const part = (count: number, from: number): Dataset =>
    Dataset.fromArrays({
      images: Uint8Array.from({ length: count * 25 }, (_, i) =>
        i % 25 === 12 ? from + Math.floor(i / 25) : 0,
      ),
      labels: Int32Array.from({ length: count }, (_, i) => i % 2),
      imageShape: [1, 5, 5],
      classes: ["even", "odd"],
    });
  // The pixel in the middle, which stays where it is, tells which image it is.
  const whole = { train: part(30, 100), test: part(10, 130) };
  const sizes = { train: 12, validation: 4, test: 50 };
  const idsOf = (set: Dataset): Promise<number[]> =>
    Promise.all(Array.from({ length: set.length }, async (_, i) => (await set.sample(i)).pixels[12]!));

  test("no image is in two sets, and what is left is for the test", async () => {
    const { train, validation, all, test: judged } = await rotatedImages(whole, sizes, 1);
    expect([train.length, validation.length, all.length, judged.length]).toEqual([12, 4, 16, 24]);
    const ids = [...(await idsOf(all)), ...(await idsOf(judged))];
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => 100 + i));
    expect(await idsOf(all)).toEqual([...(await idsOf(train)), ...(await idsOf(validation))]);
    const { target, pixels } = await judged.sample(0);
    expect(target[0]).toBe((pixels[12]! >= 130 ? pixels[12]! - 130 : pixels[12]! - 100) % 2);
  });

  test("the seed decides, and the images to learn from have mean 0 and deviation 1", async () => {
    const [first, same, other] = await Promise.all(
      [1, 1, 2].map((seed) => rotatedImages(whole, sizes, seed)),
    );
    expect(await idsOf(first!.all)).toEqual(await idsOf(same!.all));
    expect(await idsOf(first!.all)).not.toEqual(await idsOf(other!.all));
    for await (const { images } of first!.all.batches(16)) {
      const mean = images.reduce((a, b) => a + b, 0) / images.length;
      const squares = images.reduce((a, b) => a + (b - mean) ** 2, 0) / images.length;
      expect([mean, squares]).toEqual([expect.closeTo(0, 5), expect.closeTo(1, 5)]);
    }
  });
});
