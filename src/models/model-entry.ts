import type { Shape } from "../core/shape.ts";
import type { Preprocessing } from "../io/preprocessing.ts";
import type { Module } from "../nn/module.ts";

export interface ModelOptions {
  /** Outputs of the last layer; default the entry's. */
  readonly numClasses?: number;
  /** Channels of the input; default those of the entry's `inputShape`. */
  readonly inChannels?: number;
  /** Whether there are the auxiliary heads that some networks have for their training; default false. */
  readonly auxiliary?: boolean;
}

/** What a network does with an image or, for `generation`, with a signal. */
export type Task = "classification" | "segmentation" | "reconstruction" | "generation";

/** What was published for the entry's weights, or in the paper where there are none; percentages. */
export interface Accuracy {
  readonly dataset: string;
  readonly top1?: number;
  readonly top5?: number;
  readonly meanIou?: number;
}

/** Published weights with names that are the network's own. */
export interface PretrainedWeights {
  /** The https address of a PyTorch checkpoint. */
  readonly source: string;
  readonly preprocessing: Preprocessing;
}

/** What all networks of one paper share. */
export interface Paper {
  /** Authors, title and venue. */
  readonly paper: string;
  readonly year: number;
  /** What was new, in one sentence. */
  readonly novelty: string;
  readonly task: Task;
}

/** One network of the registry. */
export interface ModelEntry extends Paper {
  readonly name: string;
  /** Shape of one input without options, [channels, height, width]. */
  readonly inputShape: Shape;
  /** Outputs without options. */
  readonly numClasses: number;
  /** Learned numbers, without auxiliary heads. */
  readonly parameters: number;
  /** Multiply-accumulates of convolutions and matrix products for one input, in evaluation. */
  readonly macs: number;
  readonly accuracy?: Accuracy;
  /** Paths of the layers whose size depends on `numClasses`. */
  readonly head: readonly string[];
  readonly weights?: PretrainedWeights;
  create(options?: ModelOptions): Module;
}
