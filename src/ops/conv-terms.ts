import { type Shape, sizeOf } from "../core/shape.ts";
import { tapsOf, type WindowSettings } from "./window-geometry.ts";

/** A convolution's settings, one entry for each spatial axis. */
export type ConvAttrs = Omit<WindowSettings, "kernel"> & {
  /** Input and output channels fall into this many parts that do not see each other. */
  readonly groups: number;
};

/** The shapes of a convolution's three operands, whichever of them is the result. */
export interface ConvShapes {
  /** [N, C, ...S] */
  readonly x: Shape;
  /** [O, C / groups, ...K] */
  readonly weight: Shape;
  /** [N, O, ...out] */
  readonly y: Shape;
}

/**
 * Calls `visit` with the positions of every term of the convolution's sum, for all n, o, i < C / groups, p and k:
 *
 * y[n, o, p] += x[n, ⌊o / (O / groups)⌋ · C / groups + i, p·stride − low + k·dilation] · weight[o, i, k]
 *
 * The convolution adds the terms up in y, and its gradients add up the same terms in x and in the weight.
 */
export function forEachConvTerm(
  { x, weight, y }: ConvShapes,
  attrs: ConvAttrs,
  visit: (x: number, weight: number, y: number) => void,
): void {
  const [batch, inChannels, ...extent] = x as [number, number, ...number[]];
  const [outChannels, inPerGroup, ...kernel] = weight as [number, number, ...number[]];
  const size = y.slice(2);
  const outPerGroup = outChannels / attrs.groups;
  const walk = tapsOf({ ...attrs, extent, kernel, size });
  const [elements, taps, windows] = [sizeOf(extent), sizeOf(kernel), sizeOf(size)];
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outChannels; o++) {
      const group = Math.floor(o / outPerGroup);
      const atY = (n * outChannels + o) * windows;
      for (let i = 0; i < inPerGroup; i++) {
        const atX = (n * inChannels + group * inPerGroup + i) * elements;
        const atWeight = (o * inPerGroup + i) * taps;
        walk((p, k, q) => visit(atX + p, atWeight + k, atY + q));
      }
    }
  }
}
