import { readFileSync } from "node:fs";
import { compile, crossEntropy, type Tensor, tensor, valueAndGrad } from "../../../dist/index.js";
import { lenet5 } from "../../../dist/models/index.js";
import { SGD } from "../../../dist/train/index.js";
import { lr, momentum } from "../benchmarks/lenet5-train.ts";
import { type Side, type Tensors, tensorOf } from "./side.ts";

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));

const side: Side = {
  // The number of threads is the environment's FOVEA_THREADS.
  start: () => `Fovea ${version}, wasm`,
  tasks: { "lenet5-train": trainLenet5, "lenet5-infer": inferLenet5 },
};
export default side;

function deviceTensor(tensors: Tensors, name: string): Tensor {
  const { data, shape } = tensorOf(tensors, name);
  return tensor(data as Float32Array | Int32Array, { shape });
}

function lenet5Of(tensors: Tensors) {
  const model = lenet5();
  const restore = () => void model.loadStateDict(tensors, { strict: false });
  restore();
  return { model, restore };
}

function trainLenet5(tensors: Tensors) {
  const images = deviceTensor(tensors, "images");
  const labels = deviceTensor(tensors, "labels");
  const { model, restore } = lenet5Of(tensors);
  const optimizer = new SGD({ lr, momentum });
  const step = compile((x: Tensor, y: Tensor) => {
    const { value, grads } = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
    optimizer.update(grads);
    return value;
  });
  return {
    reset() {
      restore();
      for (const [name, variable] of optimizer.state) {
        if (name.endsWith("momentum_buffer")) {
          variable.assign(new Float32Array(variable.shape.reduce((a, b) => a * b, 1)));
        }
      }
    },
    run: async () => (await step(images, labels)).data(),
  };
}

function inferLenet5(tensors: Tensors) {
  const images = deviceTensor(tensors, "images");
  const { model } = lenet5Of(tensors);
  model.eval();
  const forward = compile((x: Tensor) => model.forward(x));
  return { run: async () => (await forward(images)).data() };
}
