import fc from "fast-check";
import { test } from "vitest";
import { Draw } from "../src/core/draw.ts";
import { ShapeError } from "../src/core/errors.ts";
import { Tensor } from "../src/core/tensor.ts";
import * as nn from "../src/nn/index.ts";
import { cases } from "./agreement.ts";
import { expectSameInRuntime, randomize } from "./onnx-networks.ts";

type Make = (draw: Draw, channels: number) => nn.Module;

/** Layers over [N, C, H, W] with random settings. */
const makers: readonly Make[] = [
  (draw, channels) => {
    const groups = draw.pick([1, channels]);
    return new nn.Conv2d(channels, groups * draw.int(1, 3), draw.pick([1, 2, 3, [1, 3]]), {
      stride: draw.int(1, 2),
      padding: draw.int(0, 2),
      dilation: draw.int(1, 2),
      groups,
      bias: draw.bool(),
      paddingMode: draw.pick(["zeros", "reflect", "replicate", "circular"] as const),
    });
  },
  (draw, channels) => {
    const stride = draw.int(1, 3);
    return new nn.ConvTranspose2d(channels, draw.int(1, 3), draw.int(1, 3), {
      stride,
      padding: draw.int(0, 1),
      outputPadding: draw.int(0, stride - 1),
      bias: draw.bool(),
    });
  },
  (draw) => {
    const kernel = draw.int(1, 3);
    const settings = { stride: draw.int(1, 2), padding: draw.int(0, kernel >> 1), ceilMode: draw.bool() };
    // A dilated window could lie in the padding alone, whose maximum is −∞.
    const dilation = settings.padding === 0 ? draw.int(1, 2) : 1;
    return draw.bool()
      ? new nn.MaxPool2d(kernel, { ...settings, dilation })
      : new nn.AvgPool2d(kernel, { ...settings, countIncludePad: draw.bool() });
  },
  (draw) => {
    const size: [number, number] = [draw.int(1, 5), draw.int(1, 5)];
    return draw.bool() ? new nn.AdaptiveAvgPool2d(size) : new nn.AdaptiveMaxPool2d(size);
  },
  (draw) =>
    new nn.Upsample(draw.pick([2, 1.5, [1, 3]]), {
      mode: draw.bool() ? "nearest" : "bilinear",
    }),
  (_, channels) => new nn.BatchNorm2d(channels),
  // Values that hardly differ would be divided by next to nothing, and so would be their rounding.
  (_, channels) => new nn.GroupNorm(1, channels, { eps: 0.1 }),
  (draw) => new nn.LocalResponseNorm(draw.int(1, 4), { alpha: 1 }),
  (draw) => new nn.ReplicationPad2d([draw.int(0, 2), draw.int(-1, 2), 1, 0]),
  (_, channels) => new nn.PReLU({ numParameters: channels }),
  (draw) => draw.pick([new nn.GELU(), new nn.SiLU(), new nn.Hardswish(), new nn.ReLU6(), new nn.ELU()]),
  (draw) => new nn.Residual<nn.Module>(draw.pick([new nn.Tanh(), new nn.Softmax(1), new nn.Softplus()])),
];

/** Layers one after the other, those left out that do not fit; in the end a classifier. */
function networkOf(seeds: readonly number[]): { network: nn.Module; story: string } {
  const layers: nn.Module[] = [];
  let x = Tensor.input({ shape: [2, 3, 6, 7], dtype: "float32" });
  for (const seed of seeds) {
    const draw = new Draw(seed);
    const layer = draw.pick(makers)(draw, x.shape[1]!);
    try {
      const y = layer.eval().forward(x);
      if (y.size === 0 || y.size > 4000) continue;
      x = y;
      layers.push(layer);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
    }
  }
  const network = new nn.Sequential(...layers, new nn.Flatten(), new nn.Linear(x.size / 2, 3));
  return { network, story: String(network) };
}

/** Rounding adds up over layers, some of which divide by small variances. */
const allowed = { relative: 1e-4, absolute: 1e-5 };

test("onnxruntime and the importer compute what the reference does of random networks", {
  timeout: 600_000,
}, async () => {
  const property = fc.asyncProperty(fc.array(fc.nat(), { minLength: 1, maxLength: 7 }), async (seeds) => {
    const { network, story } = networkOf(seeds);
    randomize(network, seeds[0]!);
    try {
      await expectSameInRuntime(network, [{ shape: [2, 3, 6, 7] }], {
        dynamicBatch: true,
        batch: 3,
        allowed,
      });
    } catch (cause) {
      throw new Error(`${story}\n${(cause as Error).message}`, { cause });
    }
  });
  await fc.assert(property, { numRuns: cases(40, 2000) });
});
