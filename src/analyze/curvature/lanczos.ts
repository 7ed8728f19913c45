import { Random } from "../../data/random.ts";
import { type EigenDecomposition, symmetricEigen } from "../symmetric-eigen.ts";
import type { SymmetricProduct } from "./hessian-product.ts";

/** A start for Lanczos's method: every direction of a random vector is as likely as another. */
export function randomUnitVector(size: number, seed: number, index = 0): Float32Array {
  const random = new Random(seed, "user", index);
  const v = Float32Array.from({ length: size }, () => random.normal());
  return scaled(v, 1 / norm(v));
}

/**
 * Lanczos's method with full reorthogonalization: H projected on the Krylov space of a vector, T = Qᵀ H Q, tridiagonal.
 *
 * Every new vector is made orthogonal to all earlier ones, twice, so that no eigenvalue appears again as a ghost. Where
 * the space is exhausted, it goes on with a random vector orthogonal to it, and so finds multiple eigenvalues as well.
 *
 * Golub, Van Loan: Matrix Computations, 4th edition, section 10.1 and 10.3.
 */
export class Lanczos {
  /** The columns of Q. */
  readonly vectors: Float32Array[] = [];
  readonly #product: SymmetricProduct;
  readonly #seed: number;
  /** T's diagonal, and what stands beside it; the last β leads out of the space. */
  readonly #alphas: number[] = [];
  readonly #betas: number[] = [];
  #next: Float32Array | undefined;

  constructor(product: SymmetricProduct, start: Float32Array, seed = 0) {
    this.#product = product;
    this.#seed = seed;
    this.#next = start;
  }

  get steps(): number {
    return this.vectors.length;
  }

  /** Whether the space is as large as H, so that there is nothing left to find. */
  get complete(): boolean {
    return this.#next === undefined;
  }

  /** The norm of what H leads out of the space with: 0 where the space holds eigenvectors only. */
  get residual(): number {
    return this.#betas.at(-1) ?? 0;
  }

  /** One product with H. */
  async step(): Promise<void> {
    const q = this.#next!;
    this.vectors.push(q);
    const w = await this.#product.apply(q);
    this.#alphas.push(dot(w, q));
    const before = norm(w);
    const beta = this.#orthogonalize(w);
    // What rounding leaves of a vector that lies in the space is no direction.
    const exhausted = beta <= 1e-6 * Math.max(before, this.#scale());
    this.#betas.push(exhausted ? 0 : beta);
    this.#next =
      this.steps === this.#product.size ? undefined : exhausted ? this.#fresh() : scaled(w, 1 / beta);
  }

  /** Eigenvalues (Ritz values) of T with their vectors in terms of Q. */
  eigen(): EigenDecomposition {
    const n = this.steps;
    const t = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      t[i * n + i] = this.#alphas[i]!;
      if (i + 1 < n) {
        t[i * n + i + 1] = this.#betas[i]!;
        t[(i + 1) * n + i] = this.#betas[i]!;
      }
    }
    return symmetricEigen(t, n);
  }

  /** Q s: a vector of the space as one of H. */
  expand(s: Float64Array): Float32Array {
    const sum = new Float32Array(this.#product.size);
    this.vectors.forEach((q, k) => {
      for (let i = 0; i < q.length; i++) sum[i]! += s[k]! * q[i]!;
    });
    return sum;
  }

  #scale(): number {
    return Math.max(...this.#alphas.map(Math.abs), ...this.#betas);
  }

  /** Takes out of w what lies in the space; its norm is left. */
  #orthogonalize(w: Float32Array): number {
    for (let pass = 0; pass < 2; pass++) {
      for (const q of this.vectors) {
        const share = dot(w, q);
        for (let i = 0; i < w.length; i++) w[i]! -= share * q[i]!;
      }
    }
    return norm(w);
  }

  #fresh(): Float32Array {
    const v = randomUnitVector(this.#product.size, this.#seed, this.steps);
    return scaled(v, 1 / this.#orthogonalize(v));
  }
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function norm(v: Float32Array): number {
  return Math.sqrt(dot(v, v));
}

function scaled(v: Float32Array, factor: number): Float32Array {
  for (let i = 0; i < v.length; i++) v[i]! *= factor;
  return v;
}
