import { describe, expect, test } from "vitest";
import { ArgumentError } from "../../core/errors.ts";
import type { Image } from "../../io/image.ts";
import { statisticsOf } from "../feature-maps.ts";
import { drawAtlas } from "./atlas.ts";
import { Canvas } from "./canvas.ts";
import { featureMapAtlas } from "./feature-map-atlas.ts";
import { filterAtlas } from "./filter-atlas.ts";
import { overlayPixels, photographPixels } from "./overlay.ts";

const pixel = ({ width, data }: Image, x: number, y: number): number[] => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];

test("a canvas writes letters of 3 × 5 dots, and cuts off what does not fit", () => {
  const canvas = new Canvas(8, 6, [0, 0, 0]);
  canvas.write("17×", 0, 0, [255, 0, 0]);
  const rows = Array.from({ length: 6 }, (_, y) =>
    Array.from({ length: 8 }, (_, x) => (pixel(canvas.image(), x, y)[0] === 255 ? "#" : ".")).join(""),
  );
  expect(rows).toEqual([".#..###.", "##....#.", ".#....#.", ".#...#..", "###..#..", "........"]);
  expect(() => new Canvas(1e5, 1e5, [0, 0, 0])).toThrow(ArgumentError);
});

describe("drawAtlas", () => {
  const tile = (value: number) => ({ rgb: new Uint8Array(12).fill(value), width: 2, height: 2 });

  test("puts tiles in rows, enlarged without smoothing", () => {
    const image = drawAtlas([tile(50), tile(100), tile(200)], { scale: 3, columns: 2 });
    expect([image.width, image.height]).toEqual([2 + 2 * 8, 2 + 2 * 8]);
    expect([pixel(image, 2, 2), pixel(image, 7, 7)]).toEqual([
      [50, 50, 50],
      [50, 50, 50],
    ]);
    expect(pixel(image, 10, 2)).toEqual([100, 100, 100]);
    expect(pixel(image, 2, 10)).toEqual([200, 200, 200]);
    expect(pixel(image, 8, 2)).toEqual(pixel(image, 0, 0));
  });

  test("has room for labels and a title", () => {
    const plain = drawAtlas([tile(0)], { scale: 20 });
    const labelled = drawAtlas([{ ...tile(0), label: "12" }], { scale: 20, title: "conv1" });
    expect(labelled.height).toBe(plain.height + 6 + 16);
    expect(() => drawAtlas([])).toThrow("nothing to draw");
    expect(() => drawAtlas([tile(0)], { scale: 1.5 })).toThrow(ArgumentError);
  });
});

test("maps are coloured each by itself, or all by the layer's range; an empty map is dark", () => {
  const values = Float32Array.from([0, 0, 0, 0, 0, 1, 0, 1, 0, 2, 0, 4]);
  const maps = [0, 4, 8].map((start) => statisticsOf(values.subarray(start, start + 4)));
  const layer = {
    ...{ layer: "relu", kind: "ReLU", shape: [3, 2, 2] as const, values, maps },
    statistics: statisticsOf(values),
  };
  const at = (normalize: "map" | "layer", tile: number): number[] =>
    pixel(featureMapAtlas(layer, { normalize, scale: 1, columns: 3, colors: "gray" }), 3 + 4 * tile, 19);
  expect([0, 1, 2].map((tile) => at("map", tile)[0])).toEqual([0, 255, 255]);
  expect([0, 1, 2].map((tile) => at("layer", tile)[0])).toEqual([0, 64, 255]);
});

test("filters of three channels are in colour with grey for 0, in either order", () => {
  const values = Float32Array.from([1, 0, 0, 0, 0, 0, 0, 0, -0.5, 0, 0, 0]);
  const layer = { name: "conv1.weight", shape: [1, 3, 2, 2] as const, values, norms: new Float32Array(1) };
  const first = (bgr: boolean): number[] => pixel(filterAtlas(layer, { scale: 1, bgr }), 2, 18);
  expect(first(false)).toEqual([255, 128, 64]);
  expect(first(true)).toEqual([64, 128, 255]);
  const slices = filterAtlas(layer, { slices: true, scale: 2 });
  expect(slices.height).toBe(18 + 4 + 2);
});

test("a map covers a photograph where its values are large, red for the class and blue against it", () => {
  const photograph = photographPixels(Uint8Array.from([100, 100, 100]), 1, 3);
  expect([...photograph]).toEqual(new Array(9).fill(100));
  const [zero, plus, minus] = [0, 1, 2].map((i) =>
    overlayPixels(photograph, [0, 2, -2], true).subarray(3 * i, 3 * i + 3),
  );
  expect([...zero!]).toEqual([70, 70, 70]);
  expect(plus![0]).toBeGreaterThan(plus![2]! + 100);
  expect(minus![2]).toBeGreaterThan(minus![0]! + 100);
  expect([...overlayPixels(photograph, [0, 0, 0], false)]).toEqual(new Array(9).fill(70));
});
