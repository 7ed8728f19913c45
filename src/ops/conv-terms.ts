import type { RefArray } from "../core/op.ts";
import { sizeOf } from "../core/shape.ts";
import type { ConvAlgorithm } from "./conv-algorithm.ts";
import { tapsOf, type WindowSettings } from "./window-geometry.ts";

/** A convolution's settings, one entry for each spatial axis. */
export type ConvAttrs = Omit<WindowSettings, "kernel"> & {
  /** Input and output channels fall into this many parts that do not see each other. */
  readonly groups: number;
  /** How a backend is to compute it, and its gradients where they can be; absent: as it takes the least time. */
  readonly algorithm?: Exclude<ConvAlgorithm, "auto">;
};

/** One thing for each of a convolution's operands, whichever of them is the result. */
export interface ConvOperands<T> {
  /** [N, C, ...S] */
  readonly x: T;
  /** [O, C / groups, ...K] */
  readonly weight: T;
  /** [N, O, ...out] */
  readonly y: T;
}

/**
 * Adds up a convolution's terms in one of its operands, whose elements are zero before.
 *
 * The convolution is the sum, for all n, o, i < C / groups, p and k, of
 *
 * y[n, o, p] += x[n, ⌊o / (O / groups)⌋ · C / groups + i, p·stride − low + k·dilation] · weight[o, i, k]
 *
 * and its gradients visit the same terms: x += weight · y, and weight += x · y.
 */
export function addConvTerms(
  operands: ConvOperands<RefArray>,
  result: keyof ConvOperands<RefArray>,
  attrs: ConvAttrs,
): void {
  const { x, weight, y } = operands;
  const [batch, inChannels, ...extent] = x.shape as [number, number, ...number[]];
  const [outChannels, inPerGroup, ...kernel] = weight.shape as [number, number, ...number[]];
  const size = y.shape.slice(2);
  const outPerGroup = outChannels / attrs.groups;
  const taps = tapsOf({ ...attrs, extent, kernel, size });
  const at: ConvOperands<Int32Array> = { x: taps.x, weight: taps.k, y: taps.y };
  const [elements, kernelElements, windows] = [sizeOf(extent), sizeOf(kernel), sizeOf(size)];
  const [a, b] = factorsOf[result];
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outChannels; o++) {
      const firstChannel = Math.floor(o / outPerGroup) * inPerGroup;
      for (let i = 0; i < inPerGroup; i++) {
        const plane = {
          x: (n * inChannels + firstChannel + i) * elements,
          weight: (o * inPerGroup + i) * kernelElements,
          y: (n * outChannels + o) * windows,
        };
        const part = (which: keyof ConvOperands<RefArray>): Float64Array =>
          operands[which].data.subarray(plane[which]);
        addProducts(part(result), at[result], part(a), at[a], part(b), at[b]);
      }
    }
  }
}

const factorsOf = { x: ["weight", "y"], weight: ["x", "y"], y: ["x", "weight"] } as const;

/** sum[at[t]] += a[atA[t]] · b[atB[t]] for all t. */
function addProducts(
  sum: Float64Array,
  at: Int32Array,
  a: Float64Array,
  atA: Int32Array,
  b: Float64Array,
  atB: Int32Array,
): void {
  for (let t = 0; t < at.length; t++) sum[at[t]!]! += a[atA[t]!]! * b[atB[t]!]!;
}
