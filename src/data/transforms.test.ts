import { describe, expect, test } from "vitest";
import { Random } from "./random.ts";
import { compose, randomCrop, randomHorizontalFlip, type TransformSample } from "./transforms.ts";

/** An image [2, 2, 3] with the values 1 … 12 and a map of classes [2, 3] with 1 … 6. */
function sample(): TransformSample {
  return {
    image: Float32Array.from({ length: 12 }, (_, i) => i + 1),
    imageShape: [2, 2, 3],
    target: Int32Array.from({ length: 6 }, (_, i) => i + 1),
    targetShape: [2, 3],
  };
}

describe("transforms", () => {
  test("randomHorizontalFlip mirrors image and map together, as often as told", () => {
    const mirrored = sample();
    randomHorizontalFlip(1)(mirrored, new Random(0));
    expect([...mirrored.image]).toEqual([3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10]);
    expect([...mirrored.target]).toEqual([3, 2, 1, 6, 5, 4]);
    const random = new Random(1);
    let flips = 0;
    for (let i = 0; i < 2000; i++) {
      const one = sample();
      randomHorizontalFlip(0.25)(one, random);
      if (one.image[0] === 3) flips++;
    }
    expect(Math.abs(flips - 500)).toBeLessThan(100);
  });

  test("randomCrop shifts by up to the padding, fills with black, and reaches each shift", () => {
    const random = new Random(2);
    const seen = new Set<string>();
    for (let i = 0; i < 500; i++) {
      const one = sample();
      randomCrop({ padding: 1 })(one, random);
      seen.add([...one.image].join(" "));
      // The map has the values of the first channel and must go the same way.
      expect([...one.target]).toEqual([...one.image.subarray(0, 6)]);
    }
    expect(seen.size).toBe(9);
    expect(seen).toContain("0 1 2 0 4 5 0 7 8 0 10 11");
    expect(seen).toContain("5 6 0 0 0 0 11 12 0 0 0 0");
  });

  test("randomCrop may shift all out of a small image", () => {
    const random = new Random(3);
    for (let i = 0; i < 200; i++) randomCrop({ padding: 5 })(sample(), random);
    const gone = sample();
    const alwaysLast = Object.assign(new Random(0), { below: (n: number) => n - 1 });
    randomCrop({ padding: 5 })(gone, alwaysLast);
    expect(gone.image.every((value) => value === 0)).toBe(true);
  });

  test("a class per image stays as it is", () => {
    const one = { ...sample(), target: Int32Array.of(4), targetShape: [] };
    compose(randomHorizontalFlip(1), randomCrop({ padding: 0 }))(one, new Random(0));
    expect([...one.target]).toEqual([4]);
    expect(one.image[0]).toBe(3);
  });

  test("refuse options out of range", () => {
    expect(() => randomHorizontalFlip(2)).toThrow("probability must lie in [0, 1]");
    expect(() => randomCrop({ padding: -1 })).toThrow("padding must be an integer");
  });
});
