/** A shape of tile that the matrix kernels may use on this engine. */
export interface TileShape {
  /** Columns: vectors of four lanes, side by side. */
  readonly columns: number;
  /** Most rows. */
  readonly rows: number;
  /** Whether a tile of so many rows is fit for use: of some heights the engine makes code that spills registers. */
  readonly heights: readonly number[];
  /** Multiply-adds a second relative to the other shapes of the engine. */
  readonly speed: number;
}

/**
 * Tiles by what the engine makes of them, measured as shares of the processor's 128-bit peak: rows × columns / 4
 * accumulators, the columns' operands and one element of A must fit into the registers that the engine hands out.
 */
export const tileShapes: Readonly<Record<"narrow" | "wide", readonly TileShape[]>> = {
  /** 128-bit registers, 16 of them. */
  narrow: [{ columns: 8, rows: 6, heights: [6, 4, 3, 2, 1], speed: 1 }],
  /** Pairs of vectors become one 256-bit register. */
  wide: [
    { columns: 16, rows: 6, heights: [6, 5, 4, 3, 2, 1], speed: 2 },
    { columns: 8, rows: 6, heights: [6, 5, 4, 3, 2, 1], speed: 1.45 },
  ],
};

/** The shape that computes `columns` columns soonest, those that it computes in vain counted. */
export function tileShapeFor(columns: number, shapes: readonly TileShape[]): TileShape {
  const time = (shape: TileShape): number =>
    (Math.ceil(columns / shape.columns) * shape.columns) / shape.speed;
  return shapes.reduce((best, shape) => (time(shape) < time(best) ? shape : best));
}

/** Some tiles of one height, one below the other. */
export interface TileRun {
  /** The first tile's first row. */
  readonly first: number;
  readonly rows: number;
  readonly count: number;
}

/** Rows whose multiply-adds take as long as those of fewer rows, which wait for each other; and the cost of a call. */
const busyRows = 4;
const callTime = 0.4;

/** Rows of a block as runs of tiles of the same height, such that they take the least time together. */
export function tilesOf(rows: number, { heights }: TileShape): TileRun[] {
  const best: { time: number; height: number }[] = [{ time: 0, height: 0 }];
  for (let n = 1; n <= rows; n++) {
    const choices = heights
      .filter((height) => height <= n)
      .map((height) => ({ time: best[n - height]!.time + Math.max(height, busyRows) + callTime, height }));
    best.push(choices.reduce((a, b) => (b.time < a.time ? b : a)));
  }
  const counts = new Map<number, number>();
  for (let n = rows; n > 0; n -= best[n]!.height)
    counts.set(best[n]!.height, (counts.get(best[n]!.height) ?? 0) + 1);
  let first = 0;
  return [...counts]
    .sort(([a], [b]) => b - a)
    .map(([height, count]) => {
      const run = { first, rows: height, count };
      first += height * count;
      return run;
    });
}
