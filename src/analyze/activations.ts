import { ArgumentError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import type { Tensor } from "../core/tensor.ts";
import type { LayerTrace } from "./trace-layers.ts";

/** What one layer of a network computed, whether that is a module or a node of an ONNX file. */
export interface Activation {
  /** As in {@link LayerTrace}: `layer1.0.conv1`, `relu#2`, or an ONNX node's name. */
  readonly name: string;
  /** The module's class, or the node's operator. */
  readonly kind: string;
  readonly output: Tensor;
}

/**
 * The outputs of all layers in the order in which they are computed.
 *
 * A layer of layers is listed where its output is not that of its last inner one, as the sum of a residual block.
 */
export function activationsOf({ calls, parts }: LayerTrace): Activation[] {
  const all = [
    ...calls
      .filter(({ name }) => name !== "")
      .map(({ name, module, output }) => ({ name, kind: module.constructor.name, output })),
    ...parts,
  ];
  const seen = new Set<Tensor>();
  return all
    .filter(({ output }) => !seen.has(output) && seen.add(output))
    .sort((a, b) => a.output.id - b.output.id);
}

/**
 * The output of the layer `name`.
 *
 * @throws ArgumentError that suggests the nearest name if the network computes no such layer.
 */
export function requireActivation(trace: LayerTrace, name: string): Activation {
  const call = trace.calls.find((each) => each.name === name && name !== "");
  if (call) return { name, kind: call.module.constructor.name, output: call.output };
  const part = trace.parts.find((each) => each.name === name);
  if (part) return part;
  const names = [...trace.calls, ...trace.parts].map((each) => each.name).filter((each) => each !== "");
  throw new ArgumentError(`there is no layer "${name}" that the network computes${suggestion(name, names)}`);
}
