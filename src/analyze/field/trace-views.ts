import type { Tensor } from "../../core/tensor.ts";
import { tensorsBehind } from "../tensors-behind.ts";
import { everything, rules } from "./rules.ts";
import { blind, type View } from "./view.ts";

/** Which places along one axis of a network's input the elements of other tensors see, op by op. */
export class ViewTracer {
  readonly #known = new Map<Tensor, View | undefined>();

  constructor(input: Tensor, axis: number) {
    const extent = input.shape[axis]!;
    const self = { period: 1, advance: 1, runs: [[0, 0]] };
    const axes = input.shape.map((count, a) => (a === axis ? [{ extent: count, weight: 1 }] : blind(count)));
    this.#known.set(input, { axes, ways: { all: self, least: self, most: self }, extent });
  }

  /** Undefined for what does not depend on the input. */
  viewOf(tensor: Tensor): View | undefined {
    for (const each of tensorsBehind(tensor, this.#known)) this.#known.set(each, this.#make(each));
    return this.#known.get(tensor);
  }

  #make(output: Tensor): View | undefined {
    if (output.source.kind !== "node") return undefined;
    const { op, inputs, attrs } = output.source;
    const views = inputs.map((input) => this.#known.get(input));
    if (views.every((view) => view === undefined)) return undefined;
    const rule = rules.get(op.name);
    if (rule) return rule(views, attrs, output, inputs);
    return op.decompose ? this.viewOf(op.decompose(inputs, attrs)) : everything(views, attrs, output, inputs);
  }
}
