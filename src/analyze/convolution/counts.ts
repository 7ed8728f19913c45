import { sliceCount, tilesOfAxis } from "../../compiler/fourier-tiles.ts";
import { sizeOf } from "../../core/shape.ts";
import { reach } from "../../ops/window-geometry.ts";

/** A convolution of x [N, C, H, W] with weight [O, C / groups, kH, kW]. */
export interface ConvolutionShape {
  readonly x: readonly [batch: number, channels: number, height: number, width: number];
  readonly weight: readonly [filters: number, channelsOfGroup: number, height: number, width: number];
  /** Height and width of the output. */
  readonly extent: readonly [height: number, width: number];
  readonly stride: readonly [y: number, x: number];
  readonly dilation: readonly [y: number, x: number];
  readonly groups: number;
}

/** What an algorithm needs by theory. */
export interface AlgorithmCounts {
  /** Multiplications of data with weights. */
  readonly multiplications: number;
  /** Additions and multiplications by constants of the transforms that depend on x: of its tiles, and back. */
  readonly transforms: number;
  /** Elements that are made on the way, beside x, weight and output; weights that are kept in another form counted. */
  readonly elements: number;
}

/** One multiplication for each output, channel and kernel position, and nothing on the way. */
export function directCounts({ x, weight, extent }: ConvolutionShape): AlgorithmCounts {
  return { multiplications: x[0] * sizeOf(extent) * sizeOf(weight), transforms: 0, elements: 0 };
}

/** The same products, of a matrix with a row for each output and in it everything that the output sees. */
export function im2colCounts(shape: ConvolutionShape): AlgorithmCounts {
  const { x, weight, extent } = shape;
  const rows = x[0] * sizeOf(extent);
  return { ...directCounts(shape), elements: rows * x[1] * weight[2] * weight[3] };
}

/** Additions and multiplications by constants of one line of Bᵀ and of Aᵀ (Lavin & Gray, 2016), by output tile. */
const lineOperations = { 2: { input: 4, output: 4 }, 4: { input: 19, output: 13 } } as const;

/** (m + 2)² multiplications for m² outputs: F(m × m, 3 × 3). */
export function winogradCounts({ x, weight, extent }: ConvolutionShape, tile: 2 | 4): AlgorithmCounts {
  const tiles = x[0] * Math.ceil(extent[0] / tile) * Math.ceil(extent[1] / tile);
  const slices = (tile + 2) ** 2;
  const [outChannels, inChannels] = weight;
  const lines = lineOperations[tile];
  const own = { input: 2 * (tile + 2) * lines.input, output: (2 * tile + 2) * lines.output };
  return {
    multiplications: slices * tiles * inChannels * outChannels,
    transforms: tiles * (inChannels * own.input + outChannels * own.output),
    elements: slices * (tiles * (inChannels + outChannels) + inChannels * outChannels),
  };
}

/**
 * Three real multiplications for each of half the frequencies of a tile, of which a T × T transform keeps
 * (T − k + 1)² outputs; a transform of n real numbers takes about 5/2 · n log₂ n operations.
 */
export function fourierCounts(
  { x, weight, extent, stride, dilation, groups }: ConvolutionShape,
  transform: readonly [y: number, x: number],
): AlgorithmCounts {
  const tiles = transform.reduce((count, t, axis) => {
    const reached = reach(weight[2 + axis]!, dilation[axis]!);
    return count * (t === 1 ? extent[axis]! : tilesOfAxis(extent[axis]!, reached, stride[axis]!, t).tiles);
  }, x[0]);
  const slices = sliceCount({ transform });
  const channels = weight[0] * weight[1];
  const size = sizeOf(transform);
  const depthwise = weight[1] === 1 && weight[0] === groups;
  return {
    multiplications: slices * tiles * (depthwise ? weight[0] : channels),
    transforms: tiles * (x[1] + weight[0]) * 2.5 * size * Math.log2(size),
    elements: slices * (tiles * (x[1] + weight[0]) + channels),
  };
}
