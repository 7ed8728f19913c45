import { readFileSync } from "node:fs";
import { compile, crossEntropy, type Tensor, tensor, valueAndGrad } from "../../../dist/index.js";
import { lenet5 } from "../../../dist/models/index.js";
import type { Module } from "../../../dist/nn/index.js";
import { SGD } from "../../../dist/train/index.js";
import { lr as lenet5Lr, momentum } from "../benchmarks/lenet5-train.ts";
import { lr as networkLr } from "../benchmarks/network-train.ts";
import type { Work } from "../harness/protocol.ts";
import { networkNamed } from "../networks.ts";
import { readTensors, type Side, type Task, type Tensors, tensorOf } from "./side.ts";

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));

const side: Side = {
  // The number of threads is the environment's FOVEA_THREADS.
  start: () => `Fovea ${version}, wasm`,
  tasks: {
    "lenet5-train": (work) => train(lenet5Lr, ...lenet5Of(work)),
    "lenet5-infer": (work) => infer(...lenet5Of(work)),
    "network-infer": (work) => infer(...networkOf(work)),
    "network-train": (work) => train(networkLr, ...networkOf(work)),
  },
};
export default side;

/** A model, its initial state, and its inputs. */
type Parts = readonly [model: Module, state: Tensors, inputs: Tensors];

function lenet5Of({ folder }: Work): Parts {
  const tensors = readTensors(folder, "tensors");
  return [lenet5(), tensors, tensors];
}

function networkOf({ folder, network }: Work): Parts {
  return [networkNamed(network!).create(), readTensors(folder, "weights"), readTensors(folder, "inputs")];
}

function deviceTensor(tensors: Tensors, name: string): Tensor {
  const { data, shape } = tensorOf(tensors, name);
  return tensor(data as Float32Array | Int32Array, { shape });
}

async function infer(model: Module, state: Tensors, inputs: Tensors): Promise<Task> {
  const images = deviceTensor(inputs, "images");
  model.loadStateDict(state, { strict: false });
  model.eval();
  const forward = compile((x: Tensor) => model.forward(x));
  return { run: async () => (await forward(images)).data() };
}

function train(lr: number, model: Module, state: Tensors, inputs: Tensors): Task {
  const images = deviceTensor(inputs, "images");
  const labels = deviceTensor(inputs, "labels");
  const optimizer = new SGD({ lr, momentum });
  const restore = () => void model.loadStateDict(state, { strict: false });
  restore();
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
