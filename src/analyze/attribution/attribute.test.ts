import { describe, expect, test } from "vitest";
import { compareArrays, tolerance } from "../../../test/tolerance.ts";
import { ArgumentError, ShapeError } from "../../core/errors.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import "../../index.ts";
import { BatchNorm2d, Conv2d, Linear, Module, ReLU } from "../../nn/index.ts";
import { globalAvgPool } from "../../ops/global-pool.ts";
import { maxPool2d } from "../../ops/max-pool.ts";
import { softmax } from "../../ops/softmax.ts";
import { attribute } from "./attribute.ts";
import type { AttributionMethod } from "./attribution.ts";
import expected from "./expected-maps.json" with { type: "json" };
import { attributionMethods } from "./methods.ts";

/** scale · sin(step · i + start), the numbers that the independent program had as well. */
const wave = (count: number, step: number, start: number, scale = 0.6): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => scale * Math.sin(step * i + start));

class Net extends Module {
  readonly conv1 = new Conv2d(2, 4, 3, { padding: 1 });
  readonly bn1 = new BatchNorm2d(4);
  readonly conv2 = new Conv2d(4, 6, 3, { padding: 1 });
  readonly fc = new Linear(6, 3);
  readonly relu1 = new ReLU();
  readonly relu2 = new ReLU();

  override forward(x: Tensor): Tensor {
    const y = maxPool2d(this.relu1.forward(this.bn1.forward(this.conv1.forward(x))), 2);
    return this.fc.forward(globalAvgPool(this.relu2.forward(this.conv2.forward(y))));
  }
}

class Normalized extends Net {
  override forward(x: Tensor): Tensor {
    return softmax(super.forward(x), 1);
  }
}

function filled<M extends Net>(net: M): M {
  net.parameters().forEach((parameter, k) => {
    parameter.assign(tensor(wave(parameter.value.size, 1.7 + k, 0.3 * k), { shape: parameter.shape }));
  });
  net.bn1.runningMean!.assign(tensor(wave(4, 1, 0, 0.2)));
  net.bn1.runningVar!.assign(tensor(wave(4, 2, 1, 0.5).map((v) => 1 + v)));
  return net;
}

const image = tensor(wave(128, 0.37, 0.1, 1), { shape: [2, 8, 8] });
const settings = { class: 1, steps: 32, window: 3, stride: 2 };

/** expected-maps.json: PyTorch 2.13 in float64, by hooks and loops. */
const methods = Object.keys(attributionMethods).filter((name) => name in expected) as (AttributionMethod &
  keyof typeof expected)[];

describe("attribute", () => {
  test.each(methods)("%s gives what an independent program does", async (method) => {
    const found = await attribute(filled(new Net()), image, method, settings);
    expect(compareArrays(found.values, expected[method], tolerance.model)).toBeUndefined();
    expect(found.score).toBeCloseTo(expected.logits[1]!, 5);
    expect(found.probability).toBeCloseTo(expected.prob[1]!, 5);
    expect(found.values.some((value) => value < 0) && !found.signed).toBe(false);
  });

  test("covers all methods but the one with noise", () => {
    expect(Object.keys(attributionMethods).filter((name) => !(name in expected))).toEqual(["smooth-grad"]);
  });

  test("explains the score before a softmax at the network's end", async () => {
    for (const method of ["gradient", "score-cam"] as const) {
      const found = await attribute(filled(new Normalized()), image, method, settings);
      expect(compareArrays(found.values, expected[method], tolerance.model)).toBeUndefined();
    }
  });

  test("takes the class with the highest score, and leaves modes as they were", async () => {
    const net = filled(new Net());
    net.bn1.eval();
    const found = await attribute(net, image, "gradient");
    expect(found.class).toBe(expected.logits.indexOf(Math.max(...expected.logits)));
    expect([net.training, net.conv1.training, net.bn1.training]).toEqual([true, true, false]);
  });

  test("integrated gradients add up to the score's difference from any baseline", async () => {
    for (const baseline of [0, -0.5, tensor(wave(128, 0.9, 2, 0.3))]) {
      const found = await attribute(filled(new Net()), image, "integrated-gradients", {
        ...{ class: 2, baseline, steps: 256 },
      });
      const { sum, difference } = found.completeness!;
      expect(Math.abs(difference)).toBeGreaterThan(0.002);
      expect(Math.abs(sum - difference)).toBeLessThan(0.0005);
      expect(found.values.reduce((a, b) => a + b, 0)).toBeCloseTo(sum, 4);
    }
  });

  test("smooth-grad without noise is the gradient, and depends on nothing but its seed", async () => {
    const run = async (noise: number, seed = 0) =>
      (await attribute(filled(new Net()), image, "smooth-grad", { class: 1, noise, seed, samples: 9 }))
        .values;
    expect(compareArrays(await run(0), expected.gradient, tolerance.model)).toBeUndefined();
    expect(await run(0.2)).toEqual(await run(0.2));
    expect(await run(0.2)).not.toEqual(await run(0.2, 1));
  });

  test("a class activation map names its layer, the last with places unless told", async () => {
    const found = await attribute(filled(new Net()), image, "grad-cam", settings);
    expect(found.coarse).toMatchObject({ layer: "relu2", height: 4, width: 4 });
    const early = await attribute(filled(new Net()), image, "grad-cam", { ...settings, layer: "bn1" });
    expect(early.coarse).toMatchObject({ layer: "bn1", height: 8, width: 8 });
  });

  test("ends when told to", async () => {
    const controller = new AbortController();
    const told: number[] = [];
    const onProgress = (done: number): void => {
      told.push(done);
      if (told.length === 2) controller.abort();
    };
    const options = { ...settings, steps: 80, onProgress, signal: controller.signal };
    await expect(attribute(filled(new Net()), image, "integrated-gradients", options)).rejects.toThrow(
      "abort",
    );
    expect(told).toEqual([0.1, 0.2]);
  });

  test.each([
    ["there is no class 3: the network has 3, from 0 to 2", "gradient", { class: 3 }],
    ['there is no method "grad-cm" of attribution; did you mean grad-cam?', "grad-cm", {}],
    ['there is no layer "rely2" that the network calls; did you mean relu2?', "grad-cam", { layer: "rely2" }],
    ['the layer "fc" makes [1, 3], which has no spatial extent', "score-cam", { layer: "fc" }],
    ["a window of 9 pixels does not fit into an image of 8 × 8", "occlusion", { window: 9 }],
    ["a stride of 4 leaves gaps between windows of 3", "occlusion", { window: 3, stride: 4 }],
    ["steps must be 1 or more, but is 0", "integrated-gradients", { steps: 0 }],
  ])("refuses with: %s", async (message, method, options) => {
    const result = attribute(filled(new Net()), image, method as AttributionMethod, options);
    await expect(result).rejects.toThrow(ArgumentError);
    await expect(result).rejects.toThrow(message);
  });

  test("takes one image only, and classifiers only", async () => {
    const two = tensor(new Float32Array(256), { shape: [2, 2, 8, 8] });
    await expect(attribute(filled(new Net()), two, "gradient")).rejects.toThrow(ShapeError);
    await expect(attribute(new Conv2d(2, 3, 3), image, "gradient")).rejects.toThrow("is no classifier");
  });
});
