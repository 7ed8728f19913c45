import type { Tensor } from "../core/tensor.ts";
import { type Member, Module } from "../nn/module.ts";
import { inSequence } from "./in-sequence.ts";

/** Modules one after another, each under a name of its own instead of its position. */
export class NamedSequential extends Module {
  readonly layers: Readonly<Record<string, Module>>;

  constructor(layers: Readonly<Record<string, Module>>) {
    super();
    this.layers = layers;
  }

  override *members(): Iterable<readonly [name: string, member: Member]> {
    yield* Object.entries(this.layers);
  }

  override forward(x: Tensor): Tensor {
    return inSequence(Object.values(this.layers), x);
  }
}

/** The same with counted names, from 1: `denselayer1`, `denselayer2`, …. */
export function numbered(name: string, layers: readonly Module[]): Record<string, Module> {
  return Object.fromEntries(layers.map((layer, i) => [`${name}${i + 1}`, layer]));
}
