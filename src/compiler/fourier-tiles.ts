export { sliceCount, slicesOfColumn } from "../ops/fourier-frequencies.ts";

/** How an axis of a convolution without padding is cut into tiles. */
export interface AxisTiles {
  readonly tiles: number;
  /** Outputs of a tile, and elements of the input that these see. */
  readonly outputs: number;
  readonly size: number;
}

/**
 * Tiles of as many outputs as a transform of extent `transform` gives, evenly.
 *
 * @param reached elements from the first to the last of the kernel.
 */
export function tilesOfAxis(outputs: number, reached: number, stride: number, transform: number): AxisTiles {
  const most = Math.floor((transform - reached) / stride) + 1;
  const tiles = Math.ceil(outputs / most);
  const own = Math.ceil(outputs / tiles);
  return { tiles: Math.ceil(outputs / own), outputs: own, size: (own - 1) * stride + reached };
}
