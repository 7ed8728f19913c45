import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { argmax } from "../../ops/index.ts";
import { importOnnx } from "../index.ts";

const data = join(process.env["FOVEA_SHARED"] ?? "../shared", "data");
const digits = join(data, "weights/cntk-mnist/mnist.onnx");
const images = join(data, "mnist/t10k-images-idx3-ubyte.gz");
const labels = join(data, "mnist/t10k-labels-idx1-ubyte.gz");
const squeezeNet = join(data, "weights/squeezenet1.1/SqueezeNet_fp16.onnx");
const absent = [digits, images, labels, squeezeNet].filter((file) => !existsSync(file));

describe.skipIf(absent.length > 0)(
  `published networks${absent.map((file) => `, skipped without ${file}`)}`,
  () => {
    it("a network for digits knows 98.91 % of the test images of MNIST, a batch at a time", async () => {
      const model = importOnnx(readFileSync(digits), { name: digits });
      const classify = compile((x: Tensor) => argmax(model.forward(x), 1));
      // The headers of the two files take 16 and 8 bytes.
      const pixels = gunzipSync(readFileSync(images)).subarray(16);
      const classes = gunzipSync(readFileSync(labels)).subarray(8);
      const batch = 500;
      let right = 0;
      for (let first = 0; first < classes.length; first += batch) {
        const some = Float32Array.from(pixels.subarray(first * 784, (first + batch) * 784));
        const found = await (await classify(tensor(some, { shape: [batch, 1, 28, 28] }))).data();
        right += found.filter((label, i) => label === classes[first + i]).length;
      }
      expect(classes.length).toBe(10_000);
      expect(right / classes.length).toBeCloseTo(0.9891, 4);
    });

    it("SqueezeNet 1.1, stored in float16, gives probabilities", async () => {
      const model = importOnnx(readFileSync(squeezeNet), { name: squeezeNet });
      expect(model.inputs).toEqual([{ name: "data_0", type: "float16", shape: [1, 3, 224, 224] }]);
      const x = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => 100 * Math.sin(i / 50));
      const y = model.forward(tensor(x, { shape: [1, 3, 224, 224] }));
      expect(y.shape).toEqual([1, 1000, 1, 1]);
      const probabilities = await y.data();
      expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true);
      // Each of the thousand is rounded to half precision.
      expect(Array.from(probabilities).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 2);
    });
  },
);
