import { type Shape, sizeOf } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import type { Variable } from "../core/variable.ts";
import { withForwardObserver } from "../nn/forward-calls.ts";
import { Module } from "../nn/module.ts";
import { Parameter } from "../nn/parameter.ts";
import { countMacs } from "./count-macs.ts";

export interface LayerSummary {
  readonly path: string;
  readonly type: string;
  /** For one image, without the batch. */
  readonly outputShape: Shape;
  /** Numbers that it holds itself and that are learned. */
  readonly parameters: number;
  /** Of one image; those of a layer that holds others are theirs and its own. */
  readonly macs: number;
  /** Whether it is made of other layers. */
  readonly container: boolean;
}

export interface ModelSummary {
  /** The layers that an image passes, each before those that it holds. */
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  /** Numbers that are kept but not learned, such as running means. */
  readonly buffers: number;
  readonly macs: number;
}

/** What each layer of a network makes of one image. @throws ShapeError if the image does not fit. */
export function summarize(model: Module, inputShape: Shape): ModelSummary {
  const calls = new Map<Module, { outputShape: Shape; macs: number }>();
  const input = Tensor.input({ shape: [1, ...inputShape], dtype: "float32" });
  const output = withForwardObserver(
    (module, inputs, result) => {
      const earlier = calls.get(module)?.macs ?? 0;
      const macs = earlier + countMacs(result, inputs);
      calls.set(module, { outputShape: result.shape.slice(1), macs });
    },
    () => model.eval().forward(input),
  );
  const layers = [...model.namedModules()].flatMap(([path, module]): LayerSummary[] => {
    const call = calls.get(module);
    if (!call || module === model) return [];
    const members = [...module.members()].map(([, member]) => member);
    const own = members.filter((member) => member instanceof Parameter);
    const container = members.some((member) => member instanceof Module);
    return [{ path, type: module.constructor.name, parameters: total(own), container, ...call }];
  });
  return {
    layers,
    parameters: total(model.parameters()),
    buffers: total([...model.namedBuffers().values()]),
    macs: countMacs(output, [input]),
  };
}

function total(variables: readonly Variable[]): number {
  return variables.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
