import { sizeOf } from "../../dist/index.js";
import type { HostTensor } from "../../dist/io/index.js";
import { BatchNorm2d, Conv2d, LayerNorm, Linear, type Module } from "../../dist/nn/index.js";
import { mulberry32, uniform } from "./random.ts";

/**
 * Values for all parameters and running statistics, the same at every call and none of them trivial, so that a side that
 * forgets one computes something else.
 */
export function randomState(model: Module, gain: number): Map<string, HostTensor> {
  const random = mulberry32(20);
  const state = new Map<string, HostTensor>();
  for (const [path, module] of model.namedModules()) {
    for (const [name, member] of module.members()) {
      if (!("shape" in member)) continue;
      const { shape } = member;
      const [low, high] = rangeOf(module, name, shape, gain);
      const tensor: HostTensor =
        name === "num_batches_tracked"
          ? { dtype: "int32", shape, data: new Int32Array(1) }
          : { dtype: "float32", shape, data: uniform(random, sizeOf(shape), low, high) };
      state.set(path === "" ? name : `${path}.${name}`, tensor);
    }
  }
  return state;
}

function rangeOf(
  module: Module,
  name: string,
  shape: readonly number[],
  gain: number,
): readonly [low: number, high: number] {
  if (module instanceof Conv2d || module instanceof Linear) {
    const bound = name === "weight" ? gain * Math.sqrt(6 / sizeOf(shape.slice(1))) : 0.1;
    return [-bound, bound];
  }
  if (module instanceof BatchNorm2d || module instanceof LayerNorm) {
    return name === "weight" || name === "running_var" ? [0.5, 1.5] : [-0.1, 0.1];
  }
  // The factors of a residual branch.
  return [0.2, 0.6];
}
