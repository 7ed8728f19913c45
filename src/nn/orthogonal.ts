/**
 * `count` orthonormal rows of `length` ≥ `count` elements, uniformly distributed among all such.
 *
 * Gram and Schmidt's process on rows of independent normal numbers; each row is projected twice, which keeps the rows
 * orthogonal to rounding (Giraud, Langou, Rozložník: The loss of orthogonality in the Gram-Schmidt process, 2005).
 */
export function orthogonalRows(count: number, length: number, normal: () => number): Float64Array {
  const rows = new Float64Array(count * length).map(normal);
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * length, (i + 1) * length);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) removeProjection(row, rows.subarray(j * length, (j + 1) * length));
    }
    const norm = Math.sqrt(dot(row, row));
    for (let k = 0; k < length; k++) row[k]! /= norm;
  }
  return rows;
}

function removeProjection(row: Float64Array, unit: Float64Array): void {
  const along = dot(row, unit);
  for (let k = 0; k < row.length; k++) row[k]! -= along * unit[k]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
