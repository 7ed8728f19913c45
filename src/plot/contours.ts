type Point = readonly [x: number, y: number];

/**
 * Where a surface over a grid has the value `level`: pieces of lines, by marching squares.
 *
 * @param values row by row; a cell with a value that is not finite has no line.
 * @returns ends of the pieces in columns and rows of the grid, fractions between.
 */
export function contourSegments(
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  level: number,
): (readonly [from: Point, to: Point])[] {
  const segments: (readonly [Point, Point])[] = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const corners = ring.map(([dx, dy]) => values[(row + dy) * columns + column + dx]!);
      if (!corners.every(Number.isFinite)) continue;
      const crossings = corners.flatMap((value, i): Point[] => {
        const next = corners[(i + 1) % 4]!;
        if (value < level === next < level) return [];
        const share = (level - value) / (next - value);
        const [[x, y], [endX, endY]] = [ring[i]!, ring[(i + 1) % 4]!];
        return [[column + x + (endX - x) * share, row + y + (endY - y) * share]];
      });
      // A saddle has four crossings, which pair up about its lower corners.
      const paired = corners[0]! < level && crossings.length === 4 ? rotated(crossings) : crossings;
      for (let i = 0; i + 1 < paired.length; i += 2) segments.push([paired[i]!, paired[i + 1]!]);
    }
  }
  return segments;
}

/** The corners of a cell, one after another round it. */
const ring: readonly Point[] = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];

function rotated<T>(list: readonly T[]): T[] {
  return [list.at(-1)!, ...list.slice(0, -1)];
}
