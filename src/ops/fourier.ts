import type { Draw } from "../core/draw.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { type FourierAxes, frequenciesOf, sliceCount } from "./fourier-frequencies.ts";

/*
 * Convolution by the discrete Fourier transform, in tiles (overlap and save): with F(t) the transform of a tile of x and
 * F(w) that of the kernel, filled up with zeros to the same extents,
 *
 *   Σ_k x[p + k] w[k] = F⁻¹[ F(t) · conj F(w) ][p]
 *
 * for as many p as the kernel fits into the tile. The sum over channels is a product of matrices for each frequency, whose
 * complex numbers are multiplied by three real products (Gauss): with a + ib of x and c + id of the conjugated kernel,
 *
 *   k₁ = (a + b) c,  k₂ = a (d − c),  k₃ = b (c + d),  (a + ib)(c + id) = (k₁ − k₃) + i (k₁ + k₂).
 *
 * So a transform here is a stack of real slices, three for a complex frequency and one for a real one. The compiler makes
 * these ops after differentiation, so they have no gradients of their own.
 */

export type FourierSlicesAttrs = FourierAxes & {
  /** Whether x is the first factor or the kernel, which is conjugated and divided by the number of frequencies. */
  readonly of: "data" | "kernel";
  /** Tiles along each axis, elements from one to the next, elements of x in a tile, and how far apart they are in it. */
  readonly tiles: readonly [y: number, x: number];
  readonly step: readonly [y: number, x: number];
  readonly size: readonly [y: number, x: number];
  readonly spacing: readonly [y: number, x: number];
  /** The channels fall into this many parts. */
  readonly groups: number;
};

export type FourierOutputsAttrs = FourierAxes & {
  readonly of: "outputs" | "kernels";
  /** Tiles along each axis, results that are taken of each, and how far apart these are in it. */
  readonly tiles: readonly [y: number, x: number];
  readonly size: readonly [y: number, x: number];
  readonly spacing: readonly [y: number, x: number];
  readonly batch: number;
  /** Spatial extents of the result: the last tile may have fewer results. */
  readonly extent: readonly [y: number, x: number];
};

const slicesOp: Op<FourierSlicesAttrs> = defineOp<FourierSlicesAttrs>({
  name: "fourierSlices",
  differentiable: false,
  shape: ([x], attrs) => {
    const [batch, channels] = x!.shape as [number, number];
    const { groups, tiles } = attrs;
    const count = batch * tiles[0] * tiles[1];
    return { shape: [sliceCount(attrs), groups, count, channels / groups], dtype: x!.dtype };
  },
  reference: ([x], attrs, out) => {
    const [, channels, height, width] = x!.shape as [number, number, number, number];
    const [, groups, count, perGroup] = out.shape as [number, number, number, number];
    const { tiles, step, size, spacing, transform } = attrs;
    const factor = attrs.of === "data" ? 1 : 1 / (transform[0] * transform[1]);
    const sign = attrs.of === "data" ? -1 : 1;
    for (let t = 0; t < count; t++) {
      const n = Math.floor(t / (tiles[0] * tiles[1]));
      const y0 = step[0] * (Math.floor(t / tiles[1]) % tiles[0]);
      const x0 = step[1] * (t % tiles[1]);
      for (let c = 0; c < channels; c++) {
        let slice = 0;
        const put = (value: number): void => {
          const group = Math.floor(c / perGroup);
          out.data[((slice++ * groups + group) * count + t) * perGroup + (c % perGroup)] = value;
        };
        for (const { y, x: column, real } of frequenciesOf(attrs)) {
          let [re, im] = [0, 0];
          for (let i = 0; i < size[0]; i++)
            for (let j = 0; j < size[1]; j++) {
              if (y0 + i >= height || x0 + j >= width) continue;
              const value = factor * x!.data[((n * channels + c) * height + y0 + i) * width + x0 + j]!;
              const turn = (y * i * spacing[0]) / transform[0] + (column * j * spacing[1]) / transform[1];
              re += value * Math.cos(2 * Math.PI * turn);
              im += sign * value * Math.sin(2 * Math.PI * turn);
            }
          if (real) put(re);
          else
            for (const value of attrs.of === "data" ? [re + im, re, im] : [re, im - re, re + im]) put(value);
        }
      }
    }
  },
  examples: (draw) => {
    const { transform, spacing, size, tiles } = drawTransform(draw);
    const step = [draw.int(1, 3), draw.int(1, 3)] as const;
    const groups = draw.int(1, 2);
    const extents = size.map((n, a) => Math.max(1, (tiles[a]! - 1) * step[a]! + n - draw.int(0, 1)));
    const shape = [draw.int(1, 2), groups * 4 * draw.int(1, 3), ...extents];
    const of = draw.pick(["data", "kernel"] as const);
    return { inputs: [{ shape }], attrs: { transform, of, tiles, step, size, spacing, groups } };
  },
});

/** Tiles whose elements, `spacing` apart, fit into their transform. */
function drawTransform(draw: Draw) {
  const transform = [draw.pick([1, 2, 4, 8]), draw.pick([1, 4, 8])] as const;
  const spacing = transform.map((n) => (n < 4 ? 1 : draw.int(1, 2))) as [number, number];
  const size = transform.map((n, a) => draw.int(1, Math.floor((n - 1) / spacing[a]!) + 1)) as [
    number,
    number,
  ];
  const tiles = [draw.int(1, 2), draw.int(1, 2)] as const;
  return { transform, spacing, size, tiles };
}

const outputsOp: Op<FourierOutputsAttrs> = defineOp<FourierOutputsAttrs>({
  name: "fourierOutputs",
  differentiable: false,
  shape: ([sums], { batch, extent }) => {
    const [, groups, , perGroup] = sums!.shape as [number, number, number, number];
    return { shape: [batch, groups * perGroup, ...extent], dtype: sums!.dtype };
  },
  reference: ([sums], attrs, out) => {
    const [, groups, count, perGroup] = sums!.shape as [number, number, number, number];
    const { tiles, size, spacing, transform, extent } = attrs;
    for (let t = 0; t < count; t++) {
      const n = Math.floor(t / (tiles[0] * tiles[1]));
      const y0 = size[0] * (Math.floor(t / tiles[1]) % tiles[0]);
      const x0 = size[1] * (t % tiles[1]);
      for (let c = 0; c < groups * perGroup; c++) {
        const group = Math.floor(c / perGroup);
        const at = (slice: number): number =>
          sums!.data[((slice * groups + group) * count + t) * perGroup + (c % perGroup)]!;
        for (let i = 0; i < size[0] && y0 + i < extent[0]; i++)
          for (let j = 0; j < size[1] && x0 + j < extent[1]; j++) {
            let [value, slice] = [0, 0];
            for (const { y, x, real } of frequenciesOf(attrs)) {
              const angle =
                2 * Math.PI * ((y * i * spacing[0]) / transform[0] + (x * j * spacing[1]) / transform[1]);
              if (real) {
                value += at(slice++) * Math.cos(angle);
                continue;
              }
              const [k1, k2, k3] = [at(slice), at(slice + 1), at(slice + 2)];
              slice += 3;
              value += 2 * ((k1 - k3) * Math.cos(angle) - (k1 + k2) * Math.sin(angle));
            }
            out.data[((n * groups * perGroup + c) * extent[0] + y0 + i) * extent[1] + x0 + j] = value;
          }
      }
    }
  },
  examples: (draw) => {
    const { transform, spacing, size, tiles } = drawTransform(draw);
    const extent = tiles.map((count, a) => (count - 1) * size[a]! + draw.int(1, size[a]!)) as [
      number,
      number,
    ];
    const batch = draw.int(1, 2);
    const attrs = { transform, of: "outputs", tiles, size, spacing, batch, extent } as const;
    const shape = [
      sliceCount({ transform }),
      draw.int(1, 2),
      batch * tiles[0] * tiles[1],
      4 * draw.int(1, 3),
    ];
    return { inputs: [{ shape }], attrs };
  },
});

/**
 * The real slices of the transforms of all tiles of x [N, C, H, W]: [slices, groups, N · tiles, C / groups]; zeros lie
 * beyond x.
 */
export function fourierSlices(x: Tensor, attrs: FourierSlicesAttrs): Tensor {
  return apply(slicesOp, [x], attrs);
}

/** The other way, with the three products of each complex number: [slices, groups, N · tiles, C] to [N, groups · C, H, W]. */
export function fourierOutputs(sums: Tensor, attrs: FourierOutputsAttrs): Tensor {
  return apply(outputsOp, [sums], attrs);
}
