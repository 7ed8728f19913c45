import type { Shape } from "../core/shape.ts";
import type { Module } from "../nn/module.ts";

export interface ModelOptions {
  /** Outputs of the last layer; default 10. */
  readonly numClasses?: number;
  /** Channels of the input; default those of the entry's `inputShape`. */
  readonly inChannels?: number;
}

/** One network of the registry. */
export interface ModelEntry {
  readonly name: string;
  /** Authors, title and venue of the paper that it comes from. */
  readonly paper: string;
  readonly year: number;
  /** Shape of one input without options, [channels, height, width]. */
  readonly inputShape: Shape;
  create(options?: ModelOptions): Module;
}
