import { apply, defineOp, type Op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";

/*
 * The gradient of a 3 × 3 convolution's filters in Winograd's form. As y = Aᵀ [(G w Gᵀ) ⊙ (Bᵀ d B)] A for every tile
 * of m × m outputs,
 *
 *   dw = Gᵀ [ Σ_tiles (A dy Aᵀ) ⊙ (Bᵀ d B) ] G,
 *
 * whose sum over tiles is a matrix product for each of the (m + 2)² elements. The compiler makes these ops after
 * differentiation, so they have no gradients of their own.
 */

type Matrix = readonly (readonly number[])[];

interface Matrices {
  readonly inputs: Matrix;
  readonly outputs: Matrix;
  readonly filters: Matrix;
}

/** Bᵀ, A and G by the extent m of output tiles: Lavin & Gray (2016, arXiv:1509.09308). */
const matrices: Readonly<Record<number, Matrices>> = {
  2: {
    inputs: [
      [1, 0, -1, 0],
      [0, 1, 1, 0],
      [0, -1, 1, 0],
      [0, 1, 0, -1],
    ],
    outputs: [
      [1, 0],
      [1, 1],
      [1, -1],
      [0, -1],
    ],
    filters: [
      [1, 0, 0],
      [1 / 2, 1 / 2, 1 / 2],
      [1 / 2, -1 / 2, 1 / 2],
      [0, 0, 1],
    ],
  },
  4: {
    inputs: [
      [4, 0, -5, 0, 1, 0],
      [0, -4, -4, 1, 1, 0],
      [0, 4, -4, -1, 1, 0],
      [0, -2, -1, 2, 1, 0],
      [0, 2, -1, -2, 1, 0],
      [0, 4, 0, -5, 0, 1],
    ],
    outputs: [
      [1, 0, 0, 0],
      [1, 1, 1, 1],
      [1, -1, 1, -1],
      [1, 2, 4, 8],
      [1, -2, 4, -8],
      [0, 0, 0, 1],
    ],
    filters: [
      [1 / 4, 0, 0],
      [-1 / 6, -1 / 6, -1 / 6],
      [-1 / 6, 1 / 6, -1 / 6],
      [1 / 24, 1 / 12, 1 / 6],
      [1 / 24, -1 / 12, 1 / 6],
      [0, 0, 1],
    ],
  },
};

export type WinogradSlicesAttrs = {
  readonly tile: 2 | 4;
  /** What x is: a convolution's input, of which tiles of outputs see overlapping squares, or the outputs' gradient. */
  readonly of: "input" | "gradient";
};

/** How many tiles of outputs lie along an axis of x. */
export function winogradTiles(extent: number, { tile, of }: WinogradSlicesAttrs): number {
  return Math.ceil((of === "input" ? extent - 2 : extent) / tile);
}

const slicesOp: Op<WinogradSlicesAttrs> = defineOp<WinogradSlicesAttrs>({
  name: "winogradSlices",
  differentiable: false,
  shape: ([x], attrs) => {
    const [batch, channels, height, width] = x!.shape as [number, number, number, number];
    const tiles = batch * winogradTiles(height, attrs) * winogradTiles(width, attrs);
    return { shape: [(attrs.tile + 2) ** 2, tiles, channels], dtype: x!.dtype };
  },
  reference: ([x], attrs, out) => {
    const [, channels, height, width] = x!.shape as [number, number, number, number];
    const matrix = matrices[attrs.tile]![attrs.of === "input" ? "inputs" : "outputs"];
    const [tilesY, tilesX] = [winogradTiles(height, attrs), winogradTiles(width, attrs)];
    const [, tiles] = out.shape as [number, number, number];
    for (let t = 0; t < tiles; t++) {
      const [n, y, x0] = [Math.floor(t / (tilesY * tilesX)), Math.floor(t / tilesX) % tilesY, t % tilesX];
      for (let c = 0; c < channels; c++) {
        const results = onBothSides(matrix, (i, j) => {
          const [row, column] = [y * attrs.tile + i, x0 * attrs.tile + j];
          if (row >= height || column >= width) return 0;
          return x!.data[((n * channels + c) * height + row) * width + column]!;
        });
        results.forEach((value, slice) => {
          out.data[(slice * tiles + t) * channels + c] = value;
        });
      }
    }
  },
  examples: (draw) => {
    const attrs = { tile: draw.pick([2, 4] as const), of: draw.pick(["input", "gradient"] as const) };
    const least = attrs.of === "input" ? 3 : 1;
    const extents = [draw.int(least, 9), draw.int(least, 9)];
    return { inputs: [{ shape: [draw.int(1, 2), 4 * draw.int(1, 3), ...extents] }], attrs };
  },
});

const filterGradientOp: Op<{ readonly tile: 2 | 4 }> = defineOp<{ readonly tile: 2 | 4 }>({
  name: "winogradFilterGradient",
  differentiable: false,
  shape: ([sums]) => ({ shape: [...sums!.shape.slice(1), 3, 3], dtype: sums!.dtype }),
  reference: ([sums], { tile }, out) => {
    const { filters } = matrices[tile]!;
    const transposed = [0, 1, 2].map((k) => filters.map((row) => row[k]!));
    const [, outChannels, inChannels] = sums!.shape as [number, number, number];
    const count = outChannels * inChannels;
    for (let oc = 0; oc < count; oc++) {
      const taps = onBothSides(transposed, (i, j) => sums!.data[(i * (tile + 2) + j) * count + oc]!);
      out.data.set(taps, 9 * oc);
    }
  },
  examples: (draw) => {
    const tile = draw.pick([2, 4] as const);
    return { inputs: [{ shape: [(tile + 2) ** 2, draw.int(1, 5), 4 * draw.int(1, 3)] }], attrs: { tile } };
  },
});

/** P X Pᵀ, row by row. */
function onBothSides(p: Matrix, at: (i: number, j: number) => number): number[] {
  return p.flatMap((left) =>
    p.map((right) =>
      left.reduce(
        (sum, a, i) => (a === 0 ? sum : sum + right.reduce((s, b, j) => s + a * b * at(i, j), 0)),
        0,
      ),
    ),
  );
}

/** For every tile of m × m outputs of x [N, C, H, W], Bᵀ d B or A dy Aᵀ: [(m + 2)², tiles, C]; zeros lie beyond x. */
export function winogradSlices(x: Tensor, attrs: WinogradSlicesAttrs): Tensor {
  return apply(slicesOp, [x], attrs);
}

/** Gᵀ M G of sums over tiles [(m + 2)², O, C]: [O, C, 3, 3]. */
export function winogradFilterGradient(sums: Tensor, tile: 2 | 4): Tensor {
  return apply(filterGradientOp, [sums], { tile });
}
