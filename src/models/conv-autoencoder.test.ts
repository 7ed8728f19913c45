import { describe, expect, test } from "vitest";
import { valueAndGrad } from "../autograd/grad.ts";
import { compile } from "../compiler/compile.ts";
import { Tensor, tensor } from "../core/tensor.ts";
import { drawDigit } from "../data/draw-digit.ts";
import { manualSeed } from "../nn/random.ts";
import { mean, variance } from "../ops/reduce.ts";
import { mseLoss } from "../ops/regression-losses.ts";
import { Adam } from "../train/optimizers/adam.ts";
import { ConvAutoencoder } from "./conv-autoencoder.ts";
import "./index.ts";

describe("the convolutional auto-encoder", () => {
  const image = Tensor.input({ shape: [2, 1, 28, 28], dtype: "float32" });

  test("makes codes of a quarter of the image's numbers", () => {
    const model = new ConvAutoencoder();
    const code = model.encode(image);
    expect(code.shape).toEqual([2, 4, 7, 7]);
    expect(model.decode(code).shape).toEqual(image.shape);
  });

  test("takes images that the poolings can halve twice", () => {
    const model = new ConvAutoencoder({ inChannels: 3 });
    const of = (...shape: number[]) => model.forward(Tensor.input({ shape, dtype: "float32" })).shape;
    expect(of(1, 3, 32, 48)).toEqual([1, 3, 32, 48]);
    expect(() => of(1, 3, 30, 32)).toThrow("height and width must be multiples of 4");
  });

  test("learns to rebuild digits", async () => {
    manualSeed(5);
    const model = new ConvAutoencoder();
    const optimizer = new Adam({ lr: 0.01 });
    const digits = Array.from({ length: 20 }, (_, i) => [...drawDigit({ digit: i % 10 })]);
    const x = tensor(
      Float32Array.from(digits.flat(), (v) => v / 255),
      { shape: [20, 1, 28, 28] },
    );
    const step = compile((images: Tensor) => {
      const { value, grads } = valueAndGrad(() => mseLoss(model.forward(images), images), model.parameters());
      optimizer.update(grads);
      return value;
    });
    for (let i = 0; i < 200; i++) await step(x);
    const last = await (await step(x)).item();
    // What a network could do that knows nothing of its input.
    const ofMeanImage = await mean(variance(x, 0, { correction: 0 })).item();
    expect(last).toBeLessThan(ofMeanImage / 2);
  });
});
