/**
 * A banded matrix, out × in: row o holds `weights[o]` in the columns from `start[o]` on, and zeros elsewhere.
 *
 * Resizing and averaging along an axis are such matrices, with a few neighbouring elements for each output.
 */
export type Band = {
  /** Number of columns. */
  readonly extent: number;
  readonly start: readonly number[];
  /** Rows of one length; `start[o]` plus that length is at most `extent`. */
  readonly weights: readonly (readonly number[])[];
};

export interface BandRow {
  readonly start: number;
  readonly weights: readonly number[];
}

/** The band of rows that may differ in length: shorter ones are filled up with zeros. */
export function bandOf(extent: number, rows: readonly BandRow[]): Band {
  const width = Math.max(1, ...rows.map((row) => row.weights.length));
  const start = rows.map((row) => Math.min(row.start, extent - width));
  const weights = rows.map((row, o) =>
    Array.from({ length: width }, (_, k) => row.weights[start[o]! + k - row.start] ?? 0),
  );
  return { extent, start, weights };
}

/** The transposed matrix; narrow where the rows' starts only grow, as they do in resizing. */
export function transposeBand({ extent, start, weights }: Band): Band {
  const columns = Array.from({ length: extent }, () => ({ start: 0, weights: [] as number[] }));
  weights.forEach((row, o) => {
    row.forEach((weight, k) => {
      if (weight === 0) return;
      const column = columns[start[o]! + k]!;
      if (column.weights.length === 0) column.start = o;
      while (column.start + column.weights.length < o) column.weights.push(0);
      column.weights.push(weight);
    });
  });
  return bandOf(start.length, columns);
}
