import type { TileShape } from "./tiles.ts";

/** How a product is cut into pieces that fit into the caches; decided by shapes alone. */
export interface Blocking {
  /** Rows, columns and inner steps of a block. */
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly rowBlocks: number;
  readonly columnBlocks: number;
  readonly innerBlocks: number;
}

export interface ProductSize {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  /** Whether B lies in panels of the tile's columns already. */
  readonly panelled: boolean;
  /** Whether A is packed. */
  readonly packsRows: boolean;
  /** Whether A's rows are side by side, and its inner steps are not. */
  readonly acrossRows: boolean;
}

/** Fewest pieces of work that keep threads evenly busy. */
const wantedUnits = 16;
/** Inner steps whose panel of B stays in the first cache; of rows of A, each step is another line of the cache. */
const innerLimit = 640;
const acrossInnerLimit = 256;

function evenBlocks(extent: number, largest: number, granule: number): { size: number; count: number } {
  const count = Math.ceil(extent / largest);
  const size = Math.ceil(Math.ceil(extent / count) / granule) * granule;
  return { size, count: Math.ceil(extent / size) };
}

export function blockingFor(size: ProductSize, tile: TileShape): Blocking {
  // Packing a panel of B pays off over many rows, packing rows of A over many columns.
  let rowLimit = size.panelled ? 8 * tile.rows : size.packsRows ? 256 : 32 * tile.rows;
  let columnLimit = size.packsRows ? 576 : 64;
  const k = evenBlocks(size.inner, size.acrossRows ? acrossInnerLimit : innerLimit, 1);
  const cut = (): Blocking => {
    const r = evenBlocks(size.rows, rowLimit, 1);
    const c = evenBlocks(size.columns, columnLimit, tile.columns);
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
  while (size.batch * blocking.rowBlocks * blocking.columnBlocks < wantedUnits) {
    if (columnLimit > tile.columns && blocking.columns > tile.columns) columnLimit /= 2;
    else if (rowLimit > 2 * tile.rows && blocking.rows > 2 * tile.rows) rowLimit /= 2;
    else break;
    blocking = cut();
  }
  return blocking;
}
