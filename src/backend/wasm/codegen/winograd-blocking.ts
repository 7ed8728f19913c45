import type { TileShape } from "./tiles.ts";

export interface WinogradSize {
  readonly tile: 2 | 4;
  /** Output tiles of the whole batch. */
  readonly tiles: number;
  readonly channels: number;
  /** Panels of output channels. */
  readonly panels: number;
}

/** How Winograd's convolution is cut into pieces that fit into the caches; decided by shapes alone. */
export interface WinogradBlocking {
  /** Output tiles of a block, and number of blocks. */
  readonly tiles: number;
  readonly blocks: number;
  /** Panels of output channels that are multiplied together. */
  readonly panels: number;
  /** Parts of the output channels that different threads may do, and panels of each. */
  readonly splits: number;
  readonly panelsOfSplit: number;
}

/** Bytes of transformed patches, and of products, that stay in the second cache. */
const patchLimit = 320 * 1024;
const productLimit = 160 * 1024;
/** Fewer tiles than this make too little of a panel of filters. */
const leastTiles = 24;
/** Fewest pieces of work that keep threads evenly busy. */
const wantedUnits = 8;

export function winogradBlocking(size: WinogradSize, shape: TileShape): WinogradBlocking {
  const slices = (size.tile + 2) ** 2;
  const largest = Math.max(leastTiles, Math.floor(patchLimit / (4 * slices * size.channels)));
  let blocks = Math.ceil(size.tiles / largest);
  const tiles = Math.ceil(size.tiles / blocks);
  blocks = Math.ceil(size.tiles / tiles);
  const panels = Math.min(
    size.panels,
    Math.max(1, Math.floor(productLimit / (4 * slices * tiles * shape.columns))),
  );
  const splits = Math.min(Math.ceil(wantedUnits / blocks), Math.ceil(size.panels / panels));
  const panelsOfSplit = Math.ceil(size.panels / splits);
  return { tiles, blocks, panels, splits: Math.ceil(size.panels / panelsOfSplit), panelsOfSplit };
}
