import type { Tensor } from "../core/tensor.ts";
import type { ConvAttrs } from "../ops/conv-terms.ts";
import { padConstant, slice } from "../ops/movement.ts";

/** Adds zeros (or, where negative, removes elements) at both ends of the axes after the first two. */
export function padSpatial(x: Tensor, sides: readonly (readonly [number, number])[]): Tensor {
  const padded = padConstant(x, {
    low: [0, 0, ...sides.map(([low]) => Math.max(0, low))],
    high: [0, 0, ...sides.map(([, high]) => Math.max(0, high))],
    interior: [0, 0, ...sides.map(() => 0)],
    value: 0,
  });
  const ranges = sides.map(([low, high], axis) => ({
    start: Math.max(0, -low),
    end: padded.shape[2 + axis]! - Math.max(0, -high),
  }));
  return slice(padded, [null, null, ...ranges]);
}

export function withoutPadding<A extends ConvAttrs>(attrs: A): A {
  return { ...attrs, padding: attrs.padding.map(() => [0, 0] as const) };
}
