import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { reference } from "../backend/reference/reference.ts";
import { evaluate } from "../compiler/runtime.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { parseSafetensors } from "../io/safetensors.ts";
import { add } from "../ops/arithmetic.ts";
import { globalAvgPool } from "../ops/global-pool.ts";
import { padConstant, slice } from "../ops/movement.ts";
import { relu } from "../ops/rectifiers.ts";
import { BatchNorm2d, Conv2d, Linear, Module } from "./index.ts";

const data = join(process.env["FOVEA_SHARED"] ?? "../shared", "data");
const weights = join(data, "weights/resnet-cifar10/resnet20-12fca82f.safetensors");
const logits = join(data, "weights/resnet-cifar10/resnet20-12fca82f.logits_first100_test.f32");
const images = join(data, "cifar10/test_batch.bin.gz");

/** He et al. (2015), section 4.2, with shortcuts of option A: every other pixel, and zeros for new channels. */
class Block extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;

  constructor(inChannels: number, channels: number) {
    super();
    const stride = inChannels === channels ? 1 : 2;
    this.conv1 = new Conv2d(inChannels, channels, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(channels);
    this.conv2 = new Conv2d(channels, channels, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(channels);
  }

  override forward(x: Tensor): Tensor {
    const y = this.bn2.forward(this.conv2.forward(relu(this.bn1.forward(this.conv1.forward(x)))));
    return relu(add(y, this.#shortcut(x)));
  }

  #shortcut(x: Tensor): Tensor {
    const { inChannels, outChannels } = this.conv1;
    if (inChannels === outChannels) return x;
    const side = [0, (outChannels - inChannels) / 2, 0, 0];
    const half = slice(x, [null, null, { step: 2 }, { step: 2 }]);
    return padConstant(half, { low: side, high: side, interior: [0, 0, 0, 0], value: 0 });
  }
}

class ResNet20 extends Module {
  readonly conv1: Conv2d = new Conv2d(3, 16, 3, { padding: 1, bias: false });
  readonly bn1: BatchNorm2d = new BatchNorm2d(16);
  readonly layer1: Block[] = [new Block(16, 16), new Block(16, 16), new Block(16, 16)];
  readonly layer2: Block[] = [new Block(16, 32), new Block(32, 32), new Block(32, 32)];
  readonly layer3: Block[] = [new Block(32, 64), new Block(64, 64), new Block(64, 64)];
  readonly linear: Linear = new Linear(64, 10);

  override forward(x: Tensor): Tensor {
    const stem = relu(this.bn1.forward(this.conv1.forward(x)));
    const blocks = [...this.layer1, ...this.layer2, ...this.layer3];
    return this.linear.forward(globalAvgPool(blocks.reduce((y, block) => block.forward(y), stem)));
  }
}

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
      const model = new ResNet20().eval();
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
