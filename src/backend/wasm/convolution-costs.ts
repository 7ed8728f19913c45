import type { ConvolutionSize } from "../../compiler/expand-graph.ts";
import { sizeOf } from "../../core/shape.ts";
import type { TileShape } from "./codegen/tiles.ts";
import { winogradBlocking } from "./codegen/winograd-blocking.ts";

/** What was measured of each part of a convolution, for one thread. */
interface Costs {
  /** Multiply-adds a nanosecond of tiles, in the direct form and in Winograd's with its short sums. */
  readonly direct: number;
  readonly slices: number;
  /** Elements a nanosecond of the transforms, each of the (m + 2)² results (or operands) counted. */
  readonly transform: number;
  /** Bytes a nanosecond at which filters come from beyond the second cache. */
  readonly stream: number;
  /** Filters' results a nanosecond of their transform. */
  readonly filters: number;
}

/** By columns of the engine's widest tile. */
const costs: Readonly<Record<number, Costs>> = {
  8: { direct: 23, slices: 20, transform: 2.2, stream: 14, filters: 0.8 },
  16: { direct: 46, slices: 38, transform: 4, stream: 14, filters: 0.8 },
};

/**
 * The extent of output tiles for which Winograd's form takes the least time, or 0 where the direct one does.
 *
 * @param wanted what to choose instead, where it is possible.
 */
export function winogradTileFor(
  size: ConvolutionSize,
  shapes: readonly TileShape[],
  wanted: 0 | 2 | 4 | undefined,
): 0 | 2 | 4 {
  const { batch, inChannels, outChannels, extent, stable, gradient } = size;
  // A single filter has no panel, and a gradient's channels are transformed as the input's are.
  if (inChannels % 4 !== 0 || outChannels === 1 || (gradient && outChannels % 4 !== 0)) return 0;
  if (wanted !== undefined) return wanted;
  if (inChannels < 16 || outChannels < 16) return 0;
  const shape = shapes[0]!;
  const cost = costs[shape.columns]!;
  const channels = inChannels * outChannels;
  const time = (tile: 2 | 4): number => {
    const slices = (tile + 2) ** 2;
    const tiles = batch * sizeOf(extent.map((length) => Math.ceil(length / tile)));
    const transform = (slices * tiles * (inChannels + outChannels)) / cost.transform;
    // Slices are written and read again, and so are the sums of each.
    if (gradient)
      return (
        (slices * tiles * channels) / cost.slices + 3 * transform + (8 * slices * channels) / cost.stream
      );
    const panels = Math.ceil(outChannels / shape.columns);
    const { blocks } = winogradBlocking({ tile, tiles, channels: inChannels, panels }, shape);
    return (
      (slices * tiles * channels) / cost.slices +
      transform +
      (4 * slices * channels * blocks) / cost.stream +
      (stable ? 0 : (slices * channels) / cost.filters)
    );
  };
  let best: { tile: 0 | 2 | 4; time: number } = {
    tile: 0,
    time: (9 * batch * sizeOf(extent) * channels) / cost.direct + (36 * channels) / cost.stream,
  };
  for (const tile of [2, 4] as const) {
    const own = time(tile);
    if (own < best.time) best = { tile, time: own };
  }
  return best.tile;
}
