import { bytesPerElement } from "../core/dtype.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import type { Variable } from "../core/variable.ts";
import type { Module } from "../nn/module.ts";
import { Parameter } from "../nn/parameter.ts";
import { withMode } from "../nn/with-mode.ts";
import { countMacs } from "./count-macs.ts";
import { kernelShapeOf } from "./kernel-shape.ts";
import { type LayerField, layerFields } from "./receptive-field.ts";
import { type LayerCall, type LayerTrace, traceLayers } from "./trace-layers.ts";

/** One call of a layer; shapes have the batch in front. */
export interface LayerSummary extends Pick<LayerCall, "name" | "path" | "container"> {
  readonly type: string;
  /** How deep it lies in the network, whose own depth is 0. */
  readonly depth: number;
  /** The running number among the calls of its depth, from 1. */
  readonly index: number;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** The window of its convolution or pooling. */
  readonly kernelShape: Shape | undefined;
  /** Learned numbers that it holds itself, not in other layers. */
  readonly parameters: number;
  /** Learned numbers in it and in its layers. */
  readonly totalParameters: number;
  /** Whether training changes all, none or some of them; undefined where there are none. */
  readonly trainable: boolean | "partial" | undefined;
  /** Whether an earlier row is the same layer, whose parameters count there. */
  readonly repeated: boolean;
  /** Multiply-accumulates of it and its layers. */
  readonly macs: number;
  /** Bytes of its output. */
  readonly outputBytes: number;
  /** What an element of its output sees of the input; undefined without spatial axes. */
  readonly field: LayerField | undefined;
}

export interface ModelSummary {
  /** Every call, the network first and each before those in it. */
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  readonly trainableParameters: number;
  /** Numbers that are kept but not learned, such as running means. */
  readonly buffers: number;
  readonly macs: number;
  readonly inputBytes: number;
  /** Outputs of the layers with parameters, and as much again for their gradients: torchinfo's rule. */
  readonly passBytes: number;
  readonly parameterBytes: number;
}

/**
 * What each layer of a network makes of `batch` inputs of one shape, in the terms of torchinfo.
 *
 * MACs are the products of convolutions and matrix products, without biases and normalization (which torchinfo adds).
 *
 * @param inputShape of one image or other input, without the batch.
 * @throws ShapeError if the input does not fit.
 */
export function summarize(
  model: Module,
  inputShape: Shape,
  { batch = 1 }: { batch?: number } = {},
): ModelSummary {
  const input = Tensor.input({ shape: [batch, ...inputShape], dtype: "float32" });
  const trace = withMode(model, false, () => traceLayers(model, input));
  const layers = layersOf(trace, input);
  const parameters = model.parameters();
  const passed = layers.filter(({ parameters: own, depth, container }) => own > 0 && depth > 0 && !container);
  return {
    layers,
    parameters: total(parameters),
    trainableParameters: total(parameters.filter(({ trainable }) => trainable)),
    buffers: total([...model.namedBuffers().values()]),
    macs: countMacs(trace.output, [input]),
    inputBytes: bytesOf(input),
    passBytes: 2 * passed.reduce((sum, { outputBytes }) => sum + outputBytes, 0),
    parameterBytes: parameters.reduce(
      (sum, { shape, dtype }) => sum + sizeOf(shape) * bytesPerElement(dtype),
      0,
    ),
  };
}

function layersOf(trace: LayerTrace, input: Tensor): LayerSummary[] {
  const fields = new Map(layerFields(trace, input).map((field) => [field.name, field]));
  const seen = new Set<Module>();
  const counts: number[] = [];
  return inReadingOrder(trace.calls).map((call): LayerSummary => {
    const { module, output, inputs, name, path, container, depth } = call;
    const index = (counts[depth] = (counts[depth] ?? 0) + 1);
    const own = [...module.members()].flatMap(([, member]) => (member instanceof Parameter ? [member] : []));
    const all = module.parameters();
    const repeated = seen.has(module);
    seen.add(module);
    return {
      name,
      path,
      type: module.typeName,
      depth,
      index,
      container,
      inputShape: inputs[0]?.shape ?? [],
      outputShape: output.shape,
      kernelShape: container ? undefined : kernelShapeOf(call),
      parameters: total(own),
      totalParameters: total(all),
      trainable: trainableOf(all),
      repeated,
      macs: countMacs(output, inputs),
      outputBytes: bytesOf(output),
      field: fields.get(name),
    };
  });
}

/** Calls come when they end; a person reads each before those in it. */
function inReadingOrder(calls: readonly LayerCall[]): LayerCall[] {
  interface Branch {
    readonly call: LayerCall;
    readonly inner: Branch[];
  }
  const open: Branch[] = [];
  for (const call of calls) {
    let first = open.length;
    while (first > 0 && open[first - 1]!.call.depth > call.depth) first--;
    open.push({ call, inner: open.splice(first) });
  }
  const flat = ({ call, inner }: Branch): LayerCall[] => [call, ...inner.flatMap(flat)];
  return open.flatMap(flat);
}

function trainableOf(parameters: readonly Parameter[]): LayerSummary["trainable"] {
  const count = parameters.filter(({ trainable }) => trainable).length;
  if (count > 0 && count < parameters.length) return "partial";
  return parameters.length === 0 ? undefined : count > 0;
}

function total(variables: readonly Variable[]): number {
  return variables.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

function bytesOf({ size, dtype }: Tensor): number {
  return size * bytesPerElement(dtype);
}
