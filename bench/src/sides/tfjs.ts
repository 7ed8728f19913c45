import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { lr, momentum } from "../benchmarks/lenet5-train.ts";
import { readTensors, type Side, type Tensors, tensorOf } from "./side.ts";

const side: Side = {
  async start({ backend }) {
    if (backend === "wasm") {
      const entry = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
      setWasmPaths(join(dirname(entry), "/"));
    }
    if (!(await tf.setBackend(backend!))) throw new Error(`tfjs cannot start its backend ${backend}`);
    return `tfjs ${tf.version.tfjs}, ${backend}`;
  },
  tasks: {
    "lenet5-train": ({ folder }) => trainLenet5(readTensors(folder, "tensors")),
    "lenet5-infer": ({ folder }) => inferLenet5(readTensors(folder, "tensors")),
  },
};
export default side;

function deviceTensor(tensors: Tensors, name: string): tf.Tensor {
  const { data, shape } = tensorOf(tensors, name);
  return tf.tensor(data as Float32Array | Int32Array, [...shape]);
}

/** Parameters and images in the layout of tfjs: channels last, and weights with their outputs last. */
function lenet5Of(tensors: Tensors) {
  const bias = (layer: number) => deviceTensor(tensors, `${layer}.bias`);
  const weight = (layer: number) => deviceTensor(tensors, `${layer}.weight`);
  const initial = tf.tidy(() => ({
    conv1: weight(0).transpose([2, 3, 1, 0]),
    conv1Bias: bias(0),
    conv2: weight(3).transpose([2, 3, 1, 0]),
    conv2Bias: bias(3),
    // What is flattened is H W C here and C H W there.
    linear1: weight(7).reshape([120, 16, 5, 5]).transpose([2, 3, 1, 0]).reshape([400, 120]),
    linear1Bias: bias(7),
    linear2: weight(9).transpose(),
    linear2Bias: bias(9),
    linear3: weight(11).transpose(),
    linear3Bias: bias(11),
  }));
  return { initial, images: tf.tidy(() => deviceTensor(tensors, "images").transpose([0, 2, 3, 1])) };
}

type Parameters = Readonly<Record<keyof ReturnType<typeof lenet5Of>["initial"], tf.Tensor>>;

function forward(images: tf.Tensor, p: Parameters): tf.Tensor2D {
  const convolve = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor, pad: number) =>
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: filter as tf.Tensor4D,
      strides: 1,
      pad,
      bias,
      activation: "relu",
    });
  const linear = (a: tf.Tensor2D, b: tf.Tensor, bias: tf.Tensor, activation: "relu" | "linear") =>
    tf.fused.matMul({ a, b: b as tf.Tensor2D, bias, activation }) as tf.Tensor2D;
  const c1 = tf.maxPool(convolve(images, p.conv1, p.conv1Bias, 2), 2, 2, "valid");
  const c3 = tf.maxPool(convolve(c1, p.conv2, p.conv2Bias, 0), 2, 2, "valid");
  const c5 = linear(c3.reshape([c3.shape[0]!, 400]), p.linear1, p.linear1Bias, "relu");
  const f6 = linear(c5, p.linear2, p.linear2Bias, "relu");
  return linear(f6, p.linear3, p.linear3Bias, "linear");
}

function trainLenet5(tensors: Tensors) {
  const { initial, images } = lenet5Of(tensors);
  const labels = tf.tidy(() => tf.oneHot(deviceTensor(tensors, "labels") as tf.Tensor1D, 10));
  const variables = Object.fromEntries(
    Object.entries(initial).map(([name, value]) => [name, tf.variable(value)]),
  ) as { [name in keyof Parameters]: tf.Variable };
  let optimizer = tf.train.momentum(lr, momentum);
  return {
    reset() {
      for (const [name, variable] of Object.entries(variables)) {
        variable.assign(initial[name as keyof Parameters]);
      }
      optimizer.dispose();
      optimizer = tf.train.momentum(lr, momentum);
    },
    async run() {
      const lossOf = (): tf.Scalar => tf.losses.softmaxCrossEntropy(labels, forward(images, variables));
      const loss = optimizer.minimize(lossOf, true, Object.values(variables))!;
      const value = await loss.data();
      loss.dispose();
      return value;
    },
  };
}

function inferLenet5(tensors: Tensors) {
  const { initial, images } = lenet5Of(tensors);
  return {
    async run() {
      const logits = tf.tidy(() => forward(images, initial));
      const values = await logits.data();
      logits.dispose();
      return values;
    },
  };
}
