import type { ConvAlgorithm } from "../ops/conv-algorithm.ts";

/** A convolution, as far as it decides how it is best computed. */
export interface ConvolutionSize {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** Elements of the input from the first to the last that a kernel meets. */
  readonly reached: readonly number[];
  /** Spatial extents of the output. */
  readonly extent: readonly number[];
  /** Whether filters are transformed once, and not in each run. */
  readonly stable: boolean;
  /** Whether not the convolution is meant, but the gradient of its filters. */
  readonly gradient: boolean;
  /** What the user chose. */
  readonly algorithm: ConvAlgorithm;
  /** Whether it has such forms. */
  readonly winograd: boolean;
  readonly fourier: boolean;
}

export type ConvolutionForm =
  | { readonly kind: "direct" }
  /** For output tiles of extent `tile`. */
  | { readonly kind: "winograd"; readonly tile: 2 | 4 }
  /** For tiles of these extents. */
  | { readonly kind: "fourier"; readonly transform: readonly [y: number, x: number] };

export const direct: ConvolutionForm = { kind: "direct" };
