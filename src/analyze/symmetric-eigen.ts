export interface EigenDecomposition {
  /** In descending order. */
  readonly values: Float64Array;
  /** `vectors[k]` belongs to `values[k]`; of length 1, orthogonal to the others. */
  readonly vectors: readonly Float64Array[];
}

/**
 * Eigenvalues and vectors of a small symmetric matrix n × n (row-major) by Jacobi's rotations, in float64.
 *
 * Cyclic sweeps until nothing is left beside the diagonal; O(n³) a sweep, and a few sweeps.
 */
export function symmetricEigen(matrix: Float64Array, n: number): EigenDecomposition {
  const a = matrix.slice();
  // Row k of the transposed matrix of eigenvectors.
  const v = Array.from({ length: n }, (_, k) => Float64Array.from({ length: n }, (_, i) => Number(i === k)));
  const scale = a.reduce((most, each) => Math.max(most, Math.abs(each)), Number.MIN_VALUE);
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p * n + q]!) <= 1e-17 * scale) continue;
        rotated = true;
        rotate(a, v, n, p, q);
      }
    }
    if (!rotated) break;
  }
  const order = Array.from({ length: n }, (_, k) => k).sort((i, j) => a[j * n + j]! - a[i * n + i]!);
  return { values: Float64Array.from(order, (k) => a[k * n + k]!), vectors: order.map((k) => v[k]!) };
}

/** The rotation of axes p and q that makes a[p, q] zero. */
function rotate(a: Float64Array, v: readonly Float64Array[], n: number, p: number, q: number): void {
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * a[p * n + q]!);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + p]!, a[k * n + q]!];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[p * n + k]!, a[q * n + k]!];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
  }
  a[p * n + q] = 0;
  a[q * n + p] = 0;
  const [vp, vq] = [v[p]!, v[q]!];
  for (let k = 0; k < n; k++) {
    const [x, y] = [vp[k]!, vq[k]!];
    vp[k] = c * x - s * y;
    vq[k] = s * x + c * y;
  }
}
