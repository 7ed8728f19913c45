/** Small dense matrices in row-major order, for representations: computed once when a network is made. */
export type Matrix = Float64Array;

export function identity(n: number): Matrix {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1;
  return matrix;
}

/** A·B for A [rows, inner] and B [inner, columns]. */
export function product(a: Matrix, b: Matrix, inner: number): Matrix {
  const rows = a.length / inner;
  const columns = b.length / inner;
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = a[i * inner + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < columns; j++) out[i * columns + j]! += factor * b[k * columns + j]!;
    }
  }
  return out;
}

export function transposed(a: Matrix, columns: number): Matrix {
  const rows = a.length / columns;
  const out = new Float64Array(a.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = a[i * columns + j]!;
  return out;
}

export function trace(a: Matrix, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[i * n + i]!;
  return sum;
}

/** Kronecker's product of square matrices: row (i, k), column (j, l) has a[i, j]·b[k, l]. */
export function kronecker(a: Matrix, n: number, b: Matrix, m: number): Matrix {
  const size = n * m;
  const out = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const outer = a[Math.floor(row / m) * n + Math.floor(column / m)]!;
      out[row * size + column] = outer * b[(row % m) * m + (column % m)]!;
    }
  }
  return out;
}

/** The blocks one below the other on the diagonal, zeros elsewhere. */
export function blockDiagonal(blocks: readonly Matrix[], sizes: readonly number[]): Matrix {
  const size = sizes.reduce((sum, n) => sum + n, 0);
  const out = new Float64Array(size * size);
  let start = 0;
  for (const [at, block] of blocks.entries()) {
    const n = sizes[at]!;
    for (let i = 0; i < n; i++) out.set(block.subarray(i * n, (i + 1) * n), (start + i) * size + start);
    start += n;
  }
  return out;
}

/** Σ aᵢ·bᵢ, the inner product of Frobenius for matrices of one shape. */
export function dot(a: Matrix, b: Matrix): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** max |aᵢ − bᵢ| */
export function distance(a: Matrix, b: Matrix): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
