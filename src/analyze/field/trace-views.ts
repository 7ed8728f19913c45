import type { Tensor } from "../../core/tensor.ts";
import { Interpreter } from "../interpret-graph.ts";
import { everything, rules } from "./rules.ts";
import { blind, type View } from "./view.ts";

/** Which places along one axis of a network's input the elements of other tensors see, op by op. */
export function traceViews(input: Tensor, axis: number): Interpreter<View> {
  const extent = input.shape[axis]!;
  const self = { period: 1, advance: 1, runs: [[0, 0]] };
  const axes = input.shape.map((count, a) => (a === axis ? [{ extent: count, weight: 1 }] : blind(count)));
  const view = { axes, ways: { all: self, least: self, most: self }, extent };
  return new Interpreter<View>(input, view, rules, everything);
}
