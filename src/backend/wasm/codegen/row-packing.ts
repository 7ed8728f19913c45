import { spareBytes } from "../../../compiler/memory-plan.ts";
import type { FunctionBuilder, Local } from "../assembler.ts";
import type { Blocking } from "./blocking.ts";
import { counted } from "./counting.ts";
import type { MatrixHelpers } from "./matrix-helpers.ts";
import type { TileRun } from "./tiles.ts";

/** Tiles that are packed together: 48 rows of six, three lines of a cache. */
const together = 8;

/**
 * Packs the rows of a run of tiles, in each of which they then take turns in each inner step. Some tiles are packed
 * together, as they share the lines of the cache that they are read from.
 *
 * @param allRows rows of the operand; the last block may reach beyond.
 * @param pushTile pushes, for a tile, where it goes, where it comes from, its runs and the bytes from step to step.
 */
export function packTiles(
  f: FunctionBuilder,
  matrix: MatrixHelpers,
  { rows, count }: TileRun,
  blocking: Blocking,
  allRows: number,
  pushTile: (first: Local) => void,
): void {
  // Of fewer rows, copies of four words reach into the next tile; and what is read beyond the operand must be there.
  const beyond = blocking.rows * blocking.rowBlocks - allRows;
  const most = rows < 4 || 4 * (beyond + rows) > spareBytes ? 1 : Math.min(count, together);
  const first = f.local("i32");
  const pack = (tiles: number): void => {
    pushTile(first);
    f.i32.const(4 * rows * blocking.inner);
    f.call(matrix.packRows(rows, tiles));
  };
  const groups = Math.floor(count / most);
  counted(f, groups, (group) => {
    f.set(first, f.i32.mul(f.get(group), f.i32.const(most)));
    pack(most);
  });
  if (groups * most < count) {
    f.set(first, f.i32.const(groups * most));
    pack(count - groups * most);
  }
  f.free(first);
}
