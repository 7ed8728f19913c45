/** Writes a network with two results as ONNX, reads the file again, and asserts that both compute the same. */
import assert from "node:assert/strict";
import { mean, softmax, type Tensor, tensor } from "fovea";
import { BatchNorm2d, Conv2d, GELU, Linear, manualSeed, Sequential } from "fovea/nn";
import { exportOnnx, importOnnx } from "fovea/onnx";

manualSeed(0);
const stem = new Sequential(new Conv2d(3, 8, 3, { stride: 2, padding: 1 }), new BatchNorm2d(8), new GELU());
const head = new Linear(8, 10);

function network(images: Tensor) {
  const features = mean(stem.forward(images), [2, 3]);
  return { features, probabilities: softmax(head.forward(features), 1) };
}

// Parameters have the names stem.0.weight, …, head.bias; any number of images may be given at a time.
const file = await exportOnnx(
  network,
  { shape: [1, 3, 32, 32], name: "images" },
  {
    modules: { stem, head },
    dynamicBatch: true,
  },
);
const imported = importOnnx(file);
console.log(`${file.length} bytes: ${imported}`);
console.log([...imported.namedParameters().keys()].join(", "));

const images = tensor(
  Float32Array.from({ length: 4 * 3 * 32 * 32 }, (_, i) => Math.sin(i)),
  { shape: [4, 3, 32, 32] },
);
stem.eval();
const expected = network(images);
const actual = imported.run({ images });
for (const name of ["features", "probabilities"] as const) {
  const [a, b] = [await actual[name]!.data(), await expected[name].data()];
  const worst = Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
  console.log(`${name} [${actual[name]!.shape}]: differ by at most ${worst}`);
  assert(worst < 1e-5, `${name} differ by ${worst}`);
}
