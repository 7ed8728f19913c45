import fc from "fast-check";
import { expect, test } from "vitest";
import { cases } from "../../../test/agreement.ts";
import { createWasmBackend } from "../../backend/wasm/wasm.ts";
import { Draw } from "../../core/draw.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import * as nn from "../../nn/index.ts";
import { type EquivarianceReport, equivariance } from "./equivariance.ts";
import { reflect, rotate90, shift, type Transformation } from "./transformations.ts";

const exact = createWasmBackend({ precision: "exact", threads: 1 });

/** Draws one layer for maps [channels, size, size], or undefined if what was drawn does not fit. */
function drawLayer(draw: Draw, channels: number, size: number): nn.Module | undefined {
  const kernelSize = draw.int(1, 4);
  const padding = draw.int(0, Math.floor(kernelSize / 2));
  const dilation = draw.pick([1, 1, 2]);
  if (size + 2 * padding < dilation * (kernelSize - 1) + 1) return undefined;
  const paddingMode = draw.pick(["zeros", "circular", "circular", "reflect", "replicate"] as const);
  const stride = draw.pick([1, 1, 1, 2, 3]);
  switch (draw.int(0, 13)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return new nn.Conv2d(channels, channels, kernelSize, { padding, dilation, paddingMode, stride });
    case 4:
      return new nn.Conv2d(channels, channels, kernelSize, { padding, stride, groups: channels });
    case 5:
      return draw.pick([new nn.ReLU(), new nn.GELU(), new nn.Sigmoid(), new nn.Tanh(), new nn.SiLU()]);
    case 6:
      return new nn.MaxPool2d(kernelSize, { stride, padding, ceilMode: draw.bool() });
    case 7:
      return new nn.AvgPool2d(kernelSize, { stride, padding, ceilMode: draw.bool() });
    case 8:
      return new nn.BatchNorm2d(channels);
    case 9:
      return new nn.CircularPad2d(draw.int(0, Math.min(2, size)));
    case 10:
      return new nn.ConvTranspose2d(channels, channels, kernelSize, { stride: draw.int(1, 2), padding });
    case 11:
      return new nn.Upsample(2, { mode: draw.pick(["nearest", "bilinear"] as const) });
    case 12:
      return draw.pick([
        new nn.GroupNorm(1, channels),
        new nn.LocalResponseNorm(3),
        new nn.InstanceNorm2d(channels),
      ]);
    default:
      return new nn.Residual(new nn.Conv2d(channels, channels, 3, { padding: 1, paddingMode }));
  }
}

function drawNetwork(draw: Draw, channels: number, extent: number): nn.Module {
  const layers: nn.Module[] = [];
  let shape: readonly number[] = [1, channels, extent, extent];
  for (let left = draw.int(1, 5); left > 0; left--) {
    const layer = drawLayer(draw, channels, shape[2]!);
    if (!layer) continue;
    const next = layer.eval().forward(zerosOf(shape)).shape;
    if (next[2]! < 2 || next[2]! > 24) continue;
    layers.push(layer);
    shape = next;
  }
  if (draw.bool(0.3))
    layers.push(draw.pick([new nn.GlobalAvgPool(), new nn.GlobalMaxPool(), new nn.Flatten()]));
  return new (nn.Sequential as unknown as new (...parts: nn.Module[]) => nn.Module)(
    ...layers,
    new nn.Identity(),
  );
}

const zerosOf = (shape: readonly number[]): Tensor =>
  tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), { shape });

async function measure(
  seed: number,
  transformation: (draw: Draw, extent: number) => Transformation,
): Promise<EquivarianceReport> {
  nn.manualSeed(seed);
  const draw = new Draw(seed);
  const channels = draw.int(1, 3);
  const extent = draw.int(6, 12);
  const model = drawNetwork(draw, channels, extent);
  const values = Float32Array.from({ length: channels * extent * extent }, () => draw.float(-1, 1));
  const images = tensor(values, { shape: [1, channels, extent, extent] });
  const [report] = await equivariance(model, images, {
    transformations: [transformation(draw, extent)],
    backend: exact,
  });
  return report!;
}

const seen = { exact: 0, rounding: 0, stride: 0, differs: 0, invariant: 0 };

/** What the theory's verdict promises of float32 results. */
function check(report: EquivarianceReport): void {
  for (const { name, type, verdict, interiorError, error, law, magnitude } of report.layers) {
    const where = `${report.transformation.name}, layer ${name} (${type}): ${verdict.text}`;
    if (verdict.kind === "exact" && !verdict.rounding) {
      seen.exact++;
      expect(interiorError, where).toBe(0);
    } else if (magnitude < 1e-5) {
      // What cancels down to nothing, such as the mean of a normalized map, has no relative error.
    } else if (verdict.kind === "exact" || verdict.kind === "invariant") {
      seen[verdict.kind === "exact" ? "rounding" : "invariant"]++;
      expect(interiorError, where).toBeLessThan(verdict.rounding ? 1e-4 : 1e-30);
    } else if (verdict.kind === "stride" && law === "equivariance" && Number.isFinite(error)) {
      // Only a coincidence hides it, such as a largest element that stays in all windows.
      seen.stride++;
      if (error > 1e-4) seen.differs++;
    }
  }
}

test("what theory calls exact is the same bits, and what needs a larger shift differs, on random networks", async () => {
  const shifts = (draw: Draw, extent: number): Transformation => {
    const by = (): number => draw.int(-4, 4);
    return draw.bool() ? shift(by(), by(), { circular: true }) : shift(by() % extent, by() % extent);
  };
  const property = fc.asyncProperty(fc.nat(1e9), async (seed) => check(await measure(seed, shifts)));
  await fc.assert(property, {
    numRuns: cases(24, 2000),
    ...(process.env.FOVEA_SEED && { seed: Number(process.env.FOVEA_SEED) }),
  });
  expect(Math.min(seen.exact, seen.stride)).toBeGreaterThan(0);
  expect(seen.differs / seen.stride).toBeGreaterThan(0.95);
});

test("symmetries of the square that theory calls exact are, on random networks", async () => {
  const before = seen.exact + seen.rounding;
  const symmetries = (draw: Draw): Transformation =>
    draw.pick([rotate90(1), rotate90(2), rotate90(3), reflect("horizontal"), reflect("vertical")]);
  const property = fc.asyncProperty(fc.nat(1e9), async (seed) => check(await measure(seed, symmetries)));
  await fc.assert(property, { numRuns: cases(14, 1000) });
  expect(seen.exact + seen.rounding).toBeGreaterThan(before);
});
