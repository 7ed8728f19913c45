import type { Draw } from "../core/draw.ts";
import type { PoolAttrs } from "./pool-geometry.ts";

/** A random pooling with `rank` spatial axes that has an output. */
export function drawPool(draw: Draw, rank: number, dilated = true): { shape: number[]; attrs: PoolAttrs } {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const kernel = axes.map(() => draw.int(1, 3));
  const attrs: PoolAttrs = {
    kernel,
    stride: axes.map(() => draw.int(1, 3)),
    padding: kernel.map((k) => [draw.int(0, Math.floor(k / 2)), draw.int(0, Math.floor(k / 2))] as const),
    dilation: axes.map(() => (dilated ? draw.int(1, 2) : 1)),
    ceilMode: draw.bool(),
  };
  const extent = kernel.map((k, a) => (k - 1) * attrs.dilation[a]! + draw.int(1, 3));
  const shape = [...draw.shape(draw.int(1, 2), 2), ...extent];
  return { shape, attrs };
}
