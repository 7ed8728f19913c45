import type { ConvolutionForm, ConvolutionSize } from "../../compiler/convolution-form.ts";
import { sliceCount, tilesOfAxis } from "../../compiler/fourier-tiles.ts";
import { sizeOf } from "../../core/shape.ts";
import type { TileShape } from "./codegen/tiles.ts";

/** Extents of transforms that there may be. */
const extents = [8, 16, 32, 64] as const;

interface Cost {
  /** Nanoseconds. */
  readonly time: number;
  /** Memory of all slices, which are alive together. */
  readonly bytes: number;
}

export interface FourierForm extends Cost {
  readonly form: ConvolutionForm;
}

/** All forms of a convolution, or of the gradient of its filters, by Fourier transforms, with their costs. */
export function fourierForms(size: ConvolutionSize, shapes: readonly TileShape[]): FourierForm[] {
  const { kernel, reached, extent } = size;
  if (!size.fourier) return [];
  const choices = reached.map((own, axis) =>
    own === 1 && kernel.some((k) => k > 1)
      ? [1]
      : extents.filter((t) => t >= own && (t === 8 || t < 4 * (extent[axis]! + own))),
  );
  const [ys, xs] = choices.length === 1 ? [[1], choices[0]!] : [choices[0]!, choices[1]!];
  return ys.flatMap((y) =>
    xs.map((x) => ({
      form: { kind: "fourier" as const, transform: [y, x] as const },
      ...costOf(size, [y, x], shapes[0]!),
    })),
  );
}

/** What was measured of each part, for one thread, in nanoseconds. */
interface Costs {
  /** A multiply-add of the products. */
  readonly product: number;
  /** A slice of a channel of a tile, for each doubling of the tile. */
  readonly transform: number;
  /** A weight of the transformed kernels that comes from beyond the second cache, and one that is laid out anew. */
  readonly weight: number;
  readonly packing: number;
  /** An output that is read and written once more, as what follows is not computed in the same kernel. */
  readonly output: number;
  /** A product of matrices, of a slice and a group, beside its multiply-adds. */
  readonly matrix: number;
  /** A slice of a channel of a tile that goes to main memory and back, where all together leave the caches. */
  readonly traffic: number;
  /** The kernels beside what they do. */
  readonly start: number;
}

const common = { weight: 0.29, packing: 0.5, output: 0.5, matrix: 40, traffic: 0.9, start: 8000 } as const;

/** Bytes of slices that stay in the caches until they are read again. */
const cached = 2 ** 25;

/** By columns of the engine's widest tile. */
const costs: Readonly<Record<number, Costs>> = {
  8: { product: 1 / 20, transform: 0.1, ...common },
  16: { product: 1 / 40, transform: 0.05, ...common },
};

function costOf(size: ConvolutionSize, transform: readonly [number, number], shape: TileShape): Cost {
  const { batch, groups, extent, stride, reached, stable, gradient } = size;
  const cost = costs[shape.columns]!;
  const own = extent.length === 1 ? transform.slice(1) : transform;
  const tilesOf = (t: number, axis: number): number =>
    t === 1 ? extent[axis]! : tilesOfAxis(extent[axis]!, reached[axis]!, stride[axis]!, t).tiles;
  const tiles = batch * own.reduce((count, t, axis) => count * tilesOf(t, axis), 1);
  const slices = sliceCount({ transform });
  const depthwise = groups === size.inChannels && groups === size.outChannels;
  const perGroup = (channels: number): number =>
    depthwise ? channels : Math.ceil(channels / groups / 4) * 4;
  const parts = depthwise ? 1 : groups;
  const [inChannels, outChannels] = [perGroup(size.inChannels), perGroup(size.outChannels)];
  const weights = parts * (depthwise ? outChannels : inChannels * outChannels);
  const lanes = tiles * parts * (inChannels + outChannels);
  const traffic = 4 * slices * lanes > cached ? cost.traffic : 0;
  const turn = cost.transform * Math.log2(transform[0] * transform[1]);
  const columns = Math.ceil((gradient ? inChannels : outChannels) / 8) * 8;
  const products = depthwise ? 0 : tiles * parts * (gradient ? outChannels : inChannels) * columns;
  const matrices = depthwise ? 0 : cost.matrix * parts;
  const sums = gradient ? turn + cost.packing : cost.weight + (stable ? 0 : turn + cost.packing);
  return {
    time:
      cost.start +
      cost.output * batch * size.outChannels * sizeOf(extent) +
      slices * (cost.product * products + (turn + traffic) * lanes + sums * weights + matrices),
    bytes: 4 * slices * (lanes + weights),
  };
}
