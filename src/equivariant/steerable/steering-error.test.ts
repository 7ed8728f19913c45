import { expect, test } from "vitest";
import "../../default-backend.ts";
import { reference } from "../../backend/reference/reference.ts";
import { evaluate } from "../../compiler/runtime.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { manualSeed } from "../../nn/random.ts";
import { mul } from "../../ops/arithmetic.ts";
import { globalAvgPool } from "../../ops/global-pool.ts";
import { actOnField } from "../act-on-field.ts";
import { cyclicGroup, dihedralGroup } from "../group.ts";
import { FieldType } from "./field-type.ts";
import { irrep } from "./irreps.ts";
import { regular, trivial } from "./representation.ts";
import { steeringError } from "./steering-error.ts";
import { type Maps, turnMaps } from "./turn-maps.ts";
import { WaveImages } from "./wave-images.ts";

const d4 = dihedralGroup(4);
const c8 = cyclicGroup(8);
const image = FieldType.trivial(c8, 1);

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((x, y) => Math.max(x, y), 0);

test.each([6, 7])(
  "maps of %i pixels turn as fields on the grid do, and waves between the pixels too",
  async (size) => {
    manualSeed(2);
    const type = new FieldType([trivial(d4), irrep(d4, "E1"), regular(d4), irrep(d4, "B2")]);
    const waves = new WaveImages(type, size, 2, 0.2);
    const maps = waves.turned(0);
    const { data, batch, channels } = maps;
    const x = tensor(data, { shape: [batch, channels, size, size] });
    for (let g = 0; g < d4.order; g++) {
      const expected = actOnField(x, type, g);
      await evaluate([expected], reference);
      for (const turned of [
        turnMaps(maps, type, g, "bicubic"),
        turnMaps(maps, type, g, "bilinear"),
        waves.turned(g),
      ]) {
        expect(largest(turned.data, await expected.data())).toBeLessThan(1e-12);
      }
    }
  },
);

test("what cubic interpolation makes of smooth images is less than what the linear one does", () => {
  manualSeed(3);
  const waves = new WaveImages(image, 21, 2, 0.08);
  const off = (kind: "bilinear" | "bicubic"): number =>
    largest(turnMaps(waves.turned(0), image, 1, kind).data, waves.turned(1).data);
  expect(off("bicubic")).toBeLessThan(off("bilinear") / 3);
  expect(off("bicubic")).toBeLessThan(0.05);
  const polynomial = (x: number, y: number): number => 1 + x - 2 * y + 0.5 * x * x - x * y;
  const maps: Maps = { data: new Float64Array(81), batch: 1, channels: 1, size: 9 };
  maps.data.forEach((_, i) => {
    maps.data[i] = polynomial((i % 9) - 4, 4 - Math.floor(i / 9));
  });
  // Quadratic functions are reproduced.
  const turned = turnMaps(maps, image, 1, "bicubic");
  const [x, y] = [(2 + 1) * Math.SQRT1_2, (1 - 2) * Math.SQRT1_2];
  expect(turned.data[3 * 9 + 6]).toBeCloseTo(polynomial(x, y), 12);
});

test("the error of functions whose error is known", async () => {
  manualSeed(4);
  const common = { size: 9, inType: image, outType: image, images: 2 };
  for (const { degrees, exact, error, centre, interpolation } of await steeringError((x) => x, {
    ...common,
    size: 25,
  })) {
    expect(exact).toBe(degrees % 90 === 0);
    expect(centre).toBeLessThan(1e-7);
    expect(error).toBeLessThan(exact ? 1e-7 : 0.02);
    expect(interpolation).toBeLessThan(exact ? 1e-7 : 0.04);
  }
  // Only one half is kept: after half a turn the other one is there, so that nothing fits.
  const half = tensor(
    Float32Array.from({ length: 81 }, (_, i) => (i % 9 < 4 ? 1 : 0)),
    { shape: [9, 9] },
  );
  const [turned] = await steeringError((x) => mul(x, half), { ...common, elements: [4] });
  expect(turned!.error).toBeGreaterThan(1);
  const pooled = await steeringError((x: Tensor) => globalAvgPool(x), { ...common, elements: [2] });
  expect(pooled[0]!.error).toBeLessThan(1e-6);
});

test("what is missing or does not fit is named", async () => {
  await expect(steeringError((x) => x, { size: 5, inType: image })).rejects.toThrow("has no outType");
  const outType = FieldType.trivial(c8, 2);
  await expect(steeringError((x) => x, { size: 5, inType: image, outType })).rejects.toThrow(
    "the output must be [N, 2, n, n] or [N, 2]",
  );
});
