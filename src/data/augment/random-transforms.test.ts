import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../random.ts";
import { compose, type Transform, type TransformSample } from "../transforms.ts";
import { colorJitter } from "./color-jitter.ts";
import { randAugment } from "./rand-augment.ts";
import { randomCrop } from "./random-crop.ts";
import { randomErasing } from "./random-erasing.ts";
import { randomHorizontalFlip, randomVerticalFlip } from "./random-flip.ts";

/** An image [2, 2, 3] with the values 1 … 12 and a map of classes [2, 3] with 1 … 6. */
function sample(): TransformSample {
  return {
    image: Uint8Array.from({ length: 12 }, (_, i) => i + 1),
    imageShape: [2, 2, 3],
    target: Int32Array.from({ length: 6 }, (_, i) => i + 1),
    targetShape: [2, 3],
  };
}

/** An RGB image with one class. */
function photograph(height: number, width: number, seed: number): TransformSample {
  const random = new Random(seed);
  return {
    image: Uint8Array.from({ length: 3 * height * width }, () => random.below(256)),
    imageShape: [3, height, width],
    target: Int32Array.of(2),
    targetShape: [],
  };
}

describe("flips", () => {
  test("mirror image and map together, as often as told", () => {
    const mirrored = sample();
    randomHorizontalFlip(1)(mirrored, new Random(0));
    expect([...mirrored.image]).toEqual([3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10]);
    expect([...mirrored.target]).toEqual([3, 2, 1, 6, 5, 4]);
    const turned = sample();
    randomVerticalFlip(1)(turned, new Random(0));
    expect([...turned.image]).toEqual([4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9]);
    expect([...turned.target]).toEqual([4, 5, 6, 1, 2, 3]);
    const random = new Random(1);
    let flips = 0;
    for (let i = 0; i < 2000; i++) {
      const one = sample();
      randomHorizontalFlip(0.25)(one, random);
      if (one.image[0] === 3) flips++;
    }
    expect(Math.abs(flips - 500)).toBeLessThan(100);
  });

  test("twice are none", () => {
    const sides = fc.integer({ min: 1, max: 8 });
    fc.assert(
      fc.property(sides, sides, fc.nat(), (height, width, seed) => {
        for (const flip of [randomHorizontalFlip(1), randomVerticalFlip(1)]) {
          const flipped = photograph(height, width, seed);
          flip(flipped, new Random(0));
          flip(flipped, new Random(0));
          expect(flipped).toEqual(photograph(height, width, seed));
        }
      }),
    );
  });

  test("leave a class per image as it is", () => {
    const one = { ...sample(), target: Int32Array.of(4), targetShape: [] };
    compose(randomHorizontalFlip(1), randomCrop({ padding: 0 }))(one, new Random(0));
    expect([...one.target]).toEqual([4]);
    expect(one.image[0]).toBe(3);
  });
});

describe("randomCrop", () => {
  test("shifts by up to the padding, fills with black, and reaches each shift", () => {
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

  test("may shift all out of a small image", () => {
    const random = new Random(3);
    for (let i = 0; i < 200; i++) randomCrop({ padding: 5 })(sample(), random);
    const gone = sample();
    const alwaysLast = Object.assign(new Random(0), { below: (n: number) => n - 1 });
    randomCrop({ padding: 5 })(gone, alwaysLast);
    expect(gone.image.every((value) => value === 0)).toBe(true);
  });
});

describe("randomErasing", () => {
  const black: TransformSample = { ...photograph(20, 30, 1), image: new Uint8Array(1800) };

  test("writes over one rectangle of a share and a ratio within the bounds, in every channel", () => {
    const erase = randomErasing({ probability: 1, scale: [0.05, 0.3], ratio: [0.5, 2], fill: [1, 2, 3] });
    for (let seed = 0; seed < 300; seed++) {
      const image = new Uint8Array(1800);
      erase({ ...black, image }, new Random(seed));
      const places = [...image.subarray(0, 600).keys()].filter((i) => image[i] === 1);
      const rows = new Set(places.map((i) => Math.floor(i / 30)));
      const columns = new Set(places.map((i) => i % 30));
      expect(places).toHaveLength(rows.size * columns.size);
      expect(Math.max(...rows) - Math.min(...rows)).toBe(rows.size - 1);
      // Sides are rounded to pixels.
      expect(rows.size / columns.size).toBeGreaterThan(0.4);
      expect(rows.size / columns.size).toBeLessThan(2.5);
      expect(places.length / 600).toBeGreaterThan(0.03);
      expect(places.length / 600).toBeLessThan(0.35);
      const others = (channel: number): number[] => [...image.subarray(600 * channel, 600 * (channel + 1))];
      expect(others(1)).toEqual(others(0).map((value) => 2 * value));
      expect(others(2)).toEqual(others(0).map((value) => 3 * value));
    }
  });

  test("does so as often as told, and fills with any byte unless told", () => {
    let erased = 0;
    const bytes = new Set<number>();
    for (let seed = 0; seed < 400; seed++) {
      const image = new Uint8Array(1800);
      randomErasing({ probability: 0.25 })({ ...black, image }, new Random(seed));
      if (image.some((byte) => byte > 0)) erased++;
      for (const byte of image) bytes.add(byte);
    }
    expect(Math.abs(erased - 100)).toBeLessThan(45);
    expect(bytes.size).toBe(256);
  });

  test("leaves an image in which no rectangle fits", () => {
    const tiny = photograph(1, 1, 3);
    randomErasing({ probability: 1 })(tiny, new Random(0));
    expect(tiny).toEqual(photograph(1, 1, 3));
  });
});

describe("colorJitter", () => {
  test("draws factors from the ranges told", () => {
    const factors = Array.from({ length: 300 }, (_, seed) => {
      const gray = { ...photograph(1, 1, 0), image: Uint8Array.of(100, 100, 100) };
      colorJitter({ brightness: 0.4 })(gray, new Random(seed));
      return gray.image[0]! / 100;
    });
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.59);
    expect(Math.min(...factors)).toBeLessThan(0.63);
    expect(Math.max(...factors)).toBeLessThanOrEqual(1.4);
    expect(Math.max(...factors)).toBeGreaterThan(1.37);
  });

  test("takes the steps in any order", () => {
    const results = Array.from({ length: 40 }, (_, seed) => {
      const one = photograph(2, 2, 0);
      // All grey and then all black, or all black: in one order the first step cannot be seen.
      const random = Object.assign(new Random(seed), { uniform: (low: number) => low });
      colorJitter({ contrast: 1, brightness: 0.5 })(one, random);
      return one.image.join();
    });
    expect(new Set(results).size).toBe(2);
  });

  test("of nothing changes nothing", () => {
    const one = photograph(4, 5, 6);
    colorJitter({})(one, new Random(0));
    expect(one).toEqual(photograph(4, 5, 6));
  });
});

describe("randAugment", () => {
  test("of no operations changes nothing", () => {
    const one = photograph(4, 5, 6);
    randAugment({ operations: 0 })(one, new Random(0));
    expect(one).toEqual(photograph(4, 5, 6));
  });

  test("gives many images of one", () => {
    const results = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const one = photograph(17, 17, 6);
      randAugment()(one, new Random(seed));
      results.add(one.image.join());
    }
    expect(results.size).toBeGreaterThan(120);
  });
});

test("a stream decides all: the same bytes again, whatever was done in between", () => {
  const all: Transform = compose(
    randomCrop({ padding: 3 }),
    randomHorizontalFlip(),
    randomVerticalFlip(),
    colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
    randAugment({ operations: 3, magnitude: 15, fill: 128 }),
    randomErasing(),
  );
  const result = (seed: number, size: number): Uint8Array => {
    const one = photograph(size, size, seed);
    all(one, new Random(seed));
    return one.image;
  };
  const first = Array.from({ length: 30 }, (_, seed) => result(seed, 12));
  for (let seed = 29; seed >= 0; seed--) {
    result(seed, 31);
    expect(result(seed, 12)).toEqual(first[seed]);
  }
});

test.each<[string, () => Transform]>([
  ["probability must lie in [0, 1], but is 2", () => randomHorizontalFlip(2)],
  ["probability must lie in [0, 1], but is NaN", () => randomVerticalFlip(Number.NaN)],
  ["padding must be an integer of at least 0, but is -1", () => randomCrop({ padding: -1 })],
  ["colorJitter: hue must lie in [0, 0.5], but is 0.6", () => colorJitter({ hue: 0.6 })],
  ["colorJitter: contrast must be at least 0, but is -1", () => colorJitter({ contrast: -1 })],
  ["randAugment: magnitude must lie in [0, 30], but is 31", () => randAugment({ magnitude: 31 })],
  ["randAugment: operations must be an integer", () => randAugment({ operations: 1.5 })],
  ["randomErasing: scale must be two positive numbers up to 1", () => randomErasing({ scale: [0.5, 1.5] })],
  ["randomErasing: ratio must be two positive numbers in order", () => randomErasing({ ratio: [2, 1] })],
])("refuses options out of range: %s", (message, make) => {
  expect(make).toThrow(message);
});
