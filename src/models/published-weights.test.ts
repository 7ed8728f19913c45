import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { parseSafetensors } from "../io/safetensors.ts";
import { createModel } from "./index.ts";

const data = join(process.env["FOVEA_SHARED"] ?? "../shared", "data");
const weights = join(data, "weights/resnet-cifar10/resnet20-12fca82f.safetensors");
const logits = join(data, "weights/resnet-cifar10/resnet20-12fca82f.logits_first100_test.f32");
const images = join(data, "cifar10/test_batch.bin.gz");

/** A record is a label and 3·32·32 pixels. */
function firstImage(): Tensor {
  const mean = [0.485, 0.456, 0.406];
  const std = [0.229, 0.224, 0.225];
  const pixels = gunzipSync(readFileSync(images)).subarray(1, 3073);
  const values = Float32Array.from(pixels, (value, i) => {
    const channel = Math.floor(i / 1024);
    return (value / 255 - mean[channel]!) / std[channel]!;
  });
  return tensor(values, { shape: [1, 3, 32, 32] });
}

const absent = [weights, logits, images].filter((file) => !existsSync(file));

describe.skipIf(absent.length > 0)(
  `published weights${absent.map((file) => `, skipped without ${file}`)}`,
  () => {
    it("load by their PyTorch names alone, and give the published network's logits", async () => {
      const model = createModel("cifar_resnet20").eval();
      model.loadStateDict(parseSafetensors(readFileSync(weights), weights).tensors);
      const y = model.forward(firstImage());
      await evaluate([y], reference);
      const expected = new Float32Array(new Uint8Array(readFileSync(logits)).buffer, 0, 10);
      const found = await y.data();
      // The expected logits were computed in float32.
      expected.forEach((value, i) => {
        expect(found[i]).toBeCloseTo(value, 3);
      });
    });
  },
);
