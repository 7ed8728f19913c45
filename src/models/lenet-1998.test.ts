import { expect, it } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { sizeOf } from "../core/shape.ts";
import { Tensor, tensor } from "../core/tensor.ts";
import { withForwardObserver } from "../nn/forward-calls.ts";
import { Conv2d, Linear, type Module, manualSeed } from "../nn/index.ts";
import { bitmapSize, digitBitmap } from "./digit-bitmaps.ts";
import { OriginalLeNet5 } from "./lenet-1998.ts";

const image = Tensor.input({ shape: [1, 1, 32, 32], dtype: "float32" });

/** Of one unit of a layer, the bias counted as one; subsampling reads 2×2 units. */
function connectionsOfUnit(layer: Module): number {
  if (layer instanceof Conv2d || layer instanceof Linear) return sizeOf(layer.weight.shape.slice(1)) + 1;
  switch (layer.constructor.name) {
    case "Subsampling":
      return 4 + 1;
    case "RadialBasis":
      return bitmapSize;
    default:
      return 0;
  }
}

it("has the connections that the paper counts in section II-B, layer by layer and in all", () => {
  const model = new OriginalLeNet5().eval();
  const counts = new Map<string, number>();
  withForwardObserver(
    (layer, _, output) => {
      const name = model.pathOf(layer)!.split(".")[0]!;
      counts.set(name, (counts.get(name) ?? 0) + connectionsOfUnit(layer) * output.size);
    },
    () => model.forward(image),
  );
  counts.delete("");
  expect(Object.fromEntries(counts)).toEqual({
    c1: 122_304,
    s2: 5_880,
    c3: 151_600,
    s4: 2_000,
    c5: 48_120,
    f6: 10_164,
    output: 840,
  });
  expect([...counts.values()].reduce((sum, count) => sum + count)).toBe(340_908);
});

it("has the parameters that the paper counts, layer by layer", () => {
  const { c1, s2, c3, s4, c5, f6, output } = new OriginalLeNet5();
  const counts = [c1, s2, c3, s4, c5, f6, output].map((layer) =>
    layer.parameters().reduce((sum, { shape }) => sum + sizeOf(shape), 0),
  );
  expect(counts).toEqual([156, 12, 1516, 32, 48_120, 10_164, 0]);
});

it("connects each map of C3 with the maps of S2 that table I marks", async () => {
  manualSeed(1);
  const { c3 } = new OriginalLeNet5();
  const channels = Array.from({ length: 6 }, (_, lit) =>
    Float32Array.from({ length: 6 * 25 }, (_, i) => (Math.floor(i / 25) === lit ? 1 : 0)),
  );
  const base = c3.forward(tensor(new Float32Array(6 * 25), { shape: [1, 6, 5, 5] }));
  const lit = channels.map((values) => c3.forward(tensor(values, { shape: [1, 6, 5, 5] })));
  await evaluate([base, ...lit], reference);
  const none = await base.data();
  const rows = await Promise.all(
    lit.map(async (y) =>
      [...(await y.data())].map((value, map) => (value === none[map] ? "." : "X")).join(""),
    ),
  );
  expect(rows).toEqual([
    "X...XXX..XXXX.XX",
    "XX...XXX..XXXX.X",
    "XXX...XXX..X.XXX",
    ".XXX..XXXX..X.XX",
    "..XXX..XXXX.XX.X",
    "...XXX..XXXX.XXX",
  ]);
});

it("gives the digit whose picture F6 shows, at distance 0", async () => {
  const { output } = new OriginalLeNet5();
  const pictures = Array.from({ length: 10 }, (_, digit) => digitBitmap(digit));
  expect(pictures.every(({ length }) => length === bitmapSize)).toBe(true);
  const y = output.forward(tensor(pictures));
  await evaluate([y], reference);
  const distances = await y.data();
  for (let i = 0; i < 100; i++) {
    // Two pictures differ in at least five of the 84 pixels, each of which counts (1 − −1)².
    if (i % 11 === 0) expect(distances[i]).toBeCloseTo(0, 12);
    else expect(distances[i]).toBeLessThanOrEqual(-4 * 5);
  }
});
