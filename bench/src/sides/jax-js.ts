// Before jax-js itself: by its globals jax-js decides about threads.
import "./jax-js-workers.ts";

import { readFileSync } from "node:fs";
import { defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { lr, momentum } from "../benchmarks/lenet5-train.ts";
import { readTensors, type Side, type Tensors, tensorOf } from "./side.ts";

const side: Side = {
  async start() {
    if (!(await init("wasm")).includes("wasm")) throw new Error("jax-js cannot start its backend wasm");
    defaultDevice("wasm");
    const manifest = new URL("../../node_modules/@jax-js/jax/package.json", import.meta.url);
    return `jax-js ${JSON.parse(readFileSync(manifest, "utf8")).version}, wasm, jit`;
  },
  tasks: {
    "lenet5-train": ({ folder }) => trainLenet5(readTensors(folder, "tensors")),
    "lenet5-infer": ({ folder }) => inferLenet5(readTensors(folder, "tensors")),
  },
};
export default side;

function deviceArray(tensors: Tensors, name: string): np.Array {
  const { data, shape } = tensorOf(tensors, name);
  return np.array(data as Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>, { shape: [...shape] });
}

/** Weight and bias of the layers one after another; those of linear layers with their outputs last, as JAX has them. */
function parametersOf(tensors: Tensors): np.Array[] {
  return [0, 3, 7, 9, 11].flatMap((layer) => {
    const weight = deviceArray(tensors, `${layer}.weight`);
    return [layer < 7 ? weight : np.transpose(weight), deviceArray(tensors, `${layer}.bias`)];
  });
}

/** Takes its arguments over, as every function of jax-js does. */
function forward(p: np.Array[], images: np.Array): np.Array {
  const convolve = (x: np.Array, weight: np.Array, bias: np.Array, padding: number) => {
    const y = lax.convGeneralDilated(
      x,
      weight,
      [1, 1],
      [
        [padding, padding],
        [padding, padding],
      ],
    );
    return nn.relu(y.add(bias.reshape([-1, 1, 1])));
  };
  // A little faster than lax.reduceWindow.
  const pool = (x: np.Array) => {
    const [n, c, h, w] = x.shape as [number, number, number, number];
    return np.max(x.reshape([n, c, h / 2, 2, w / 2, 2]), [3, 5]);
  };
  const linear = (x: np.Array, weight: np.Array, bias: np.Array) => np.matmul(x, weight).add(bias);
  const c1 = pool(convolve(images, p[0]!, p[1]!, 2));
  const c3 = pool(convolve(c1, p[2]!, p[3]!, 0));
  const c5 = nn.relu(linear(c3.reshape([c3.shape[0]!, 400]), p[4]!, p[5]!));
  const f6 = nn.relu(linear(c5, p[6]!, p[7]!));
  return linear(f6, p[8]!, p[9]!);
}

function trainLenet5(tensors: Tensors) {
  const images = deviceArray(tensors, "images");
  const hot = nn.oneHot(deviceArray(tensors, "labels"), 10);
  const lossOf = (p: np.Array[], x: np.Array, y: np.Array) =>
    np.sum(nn.logSoftmax(forward(p, x)).mul(y)).mul(-1 / x.shape[0]!);
  const step = jit((p: np.Array[], v: np.Array[], x: np.Array, y: np.Array) => {
    const [loss, grads] = valueAndGrad(lossOf)(tree.ref(p), x, y);
    const velocity = v.map((old, i) => old.mul(momentum).add(grads[i]!));
    const next = p.map((old, i) => old.sub(velocity[i]!.ref.mul(lr)));
    return [loss, next, velocity] as [np.Array, np.Array[], np.Array[]];
  });
  const zeros = (p: np.Array[]) => p.map(({ shape }) => np.zeros(shape));
  let parameters = parametersOf(tensors);
  let velocity = zeros(parameters);
  return {
    reset() {
      tree.dispose([parameters, velocity]);
      parameters = parametersOf(tensors);
      velocity = zeros(parameters);
    },
    async run() {
      const [loss, next, moved] = step(parameters, velocity, images.ref, hot.ref);
      parameters = next;
      velocity = moved;
      await Promise.all([...next, ...moved].map((array) => array.blockUntilReady()));
      return loss.data();
    },
  };
}

function inferLenet5(tensors: Tensors) {
  const images = deviceArray(tensors, "images");
  const parameters = parametersOf(tensors);
  const compiled = jit(forward);
  return { run: () => compiled(tree.ref(parameters), images.ref).data() };
}
