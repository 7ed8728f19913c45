/** PNG's five row filters, by number (PNG specification, section 9). */
const filterNames = ["none", "sub", "up", "average", "paeth"] as const;
export const filterCount: number = filterNames.length;

/** The neighbour among left, above and upper left that is nearest to left + above − upperLeft. */
function paeth(left: number, above: number, upperLeft: number): number {
  const toLeft = Math.abs(above - upperLeft);
  const toAbove = Math.abs(left - upperLeft);
  const toUpperLeft = Math.abs(left + above - 2 * upperLeft);
  if (toLeft <= toAbove && toLeft <= toUpperLeft) return left;
  return toAbove <= toUpperLeft ? above : upperLeft;
}

/** What filter `filter` predicts for a byte from its neighbours. */
function predict(filter: number, left: number, above: number, upperLeft: number): number {
  switch (filterNames[filter]!) {
    case "none":
      return 0;
    case "sub":
      return left;
    case "up":
      return above;
    case "average":
      return (left + above) >> 1;
    case "paeth":
      return paeth(left, above, upperLeft);
  }
}

/**
 * Undoes `filter` in place: row[i] += prediction, mod 256.
 *
 * `above` is the row before, already undone (zeros for the first); `step` is the bytes of a pixel, at least one.
 */
export function unfilterRow(filter: number, row: Uint8Array, above: Uint8Array, step: number): void {
  if (filter === 0) return;
  for (let i = 0; i < row.length; i++) {
    const left = i < step ? 0 : row[i - step]!;
    const upperLeft = i < step ? 0 : above[i - step]!;
    row[i] = row[i]! + predict(filter, left, above[i]!, upperLeft);
  }
}

/** Writes the filtered `row` to `target`, and gives the sum of its bytes' distances from zero, mod 256. */
export function filterRow(
  filter: number,
  row: Uint8Array,
  above: Uint8Array,
  step: number,
  target: Uint8Array,
): number {
  let sum = 0;
  for (let i = 0; i < row.length; i++) {
    const left = i < step ? 0 : row[i - step]!;
    const upperLeft = i < step ? 0 : above[i - step]!;
    const residue = (row[i]! - predict(filter, left, above[i]!, upperLeft)) & 0xff;
    target[i] = residue;
    sum += Math.min(residue, 256 - residue);
  }
  return sum;
}
