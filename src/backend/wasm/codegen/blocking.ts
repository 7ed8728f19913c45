import { maxTileRows, tileColumns } from "./matrix-helpers.ts";

/** How a product is cut into pieces that fit into the caches; decided by the shape alone. */
export interface Blocking {
  /** Rows, columns and inner steps of a block. */
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly rowBlocks: number;
  readonly columnBlocks: number;
  readonly innerBlocks: number;
}

/** Fewest pieces of work that keep threads evenly busy. */
const wantedUnits = 16;
function evenBlocks(extent: number, largest: number, granule: number): { size: number; count: number } {
  const count = Math.ceil(extent / largest);
  const size = Math.ceil(Math.ceil(extent / count) / granule) * granule;
  return { size, count: Math.ceil(extent / size) };
}

export function blockingFor(batch: number, rows: number, columns: number, inner: number): Blocking {
  let rowLimit = 64;
  let columnLimit = 256;
  const cut = (): Blocking => {
    const r = evenBlocks(rows, rowLimit, rows > rowLimit ? maxTileRows : 1);
    const c = evenBlocks(columns, columnLimit, tileColumns);
    const k = evenBlocks(inner, 512, 1);
    return {
      rows: r.size,
      columns: c.size,
      inner: k.size,
      rowBlocks: r.count,
      columnBlocks: c.count,
      innerBlocks: k.count,
    };
  };
  let blocking = cut();
  while (
    batch * blocking.rowBlocks * blocking.columnBlocks < wantedUnits &&
    (columnLimit > 32 || rowLimit > 16)
  ) {
    if (columnLimit > 32 && columnLimit >= rowLimit) columnLimit /= 2;
    else rowLimit /= 2;
    blocking = cut();
  }
  return blocking;
}

/** Some tiles of one height, one below the other. */
export interface TileRun {
  /** The first tile's first row. */
  readonly first: number;
  readonly rows: number;
  readonly count: number;
}

/** Rows of a block as runs of equal tiles, none higher than `maxTileRows`. */
export function tilesOf(rows: number): TileRun[] {
  const count = Math.ceil(rows / maxTileRows);
  const high = Math.ceil(rows / count);
  const low = high - 1;
  const highCount = rows - low * count;
  const tiles = [{ first: 0, rows: high, count: highCount }];
  if (highCount < count) tiles.push({ first: highCount * high, rows: low, count: count - highCount });
  return tiles;
}
