import type { Mask } from "./shift-state.ts";

/** Relative errors ‖a − b‖ / ‖b‖ of maps. */
export interface MeasuredError {
  /** Over all positions that can be compared; NaN if there are none. */
  readonly error: number;
  /** Over the interior; undefined if there is none. */
  readonly interiorError: number | undefined;
  /** The interior's share of all positions that the map has. */
  readonly interiorShare: number;
  /** Root mean square of b's elements, against which differences are to be seen. */
  readonly magnitude: number;
  /** ‖a − b‖ over channels and images at each position, divided by the root mean square of ‖b‖ over the positions. */
  readonly errorMap: { readonly height: number; readonly width: number; readonly values: Float32Array };
}

/** Adds up squares of differences position by position. */
export class ErrorSum {
  readonly #height: number;
  readonly #width: number;
  readonly #known: Mask;
  readonly #interior: Mask;
  readonly #squares: Float64Array;
  readonly #norms: Float64Array;
  #elements = 0;

  constructor(height: number, width: number, known?: Mask, interior?: Mask) {
    const size = height * width;
    this.#height = height;
    this.#width = width;
    this.#known = known ?? new Uint8Array(size).fill(1);
    this.#interior = interior ?? this.#known;
    this.#squares = new Float64Array(size);
    this.#norms = new Float64Array(size);
  }

  /** Planes [..., H, W] of both sides. */
  add(actual: Float32Array, expected: Float32Array): void {
    const size = this.#squares.length;
    this.#elements += actual.length;
    for (let i = 0; i < actual.length; i++) {
      const difference = actual[i]! - expected[i]!;
      this.#squares[i % size]! += difference * difference;
      this.#norms[i % size]! += expected[i]! * expected[i]!;
    }
  }

  result(): MeasuredError {
    const inside = this.#interior.reduce((sum, is) => sum + is, 0);
    const scale = Math.sqrt(this.#over(this.#norms, this.#known) / this.#known.length) || 1;
    return {
      error: this.#relative(this.#known),
      interiorError: inside === 0 ? undefined : this.#relative(this.#interior),
      interiorShare: inside / this.#interior.length,
      magnitude: Math.sqrt(this.#norms.reduce((sum, norm) => sum + norm, 0) / this.#elements),
      errorMap: {
        height: this.#height,
        width: this.#width,
        values: Float32Array.from(this.#squares, (square, p) =>
          this.#known[p] ? Math.sqrt(square) / scale : Number.NaN,
        ),
      },
    };
  }

  #over(values: Float64Array, mask: Mask): number {
    return values.reduce((sum, value, p) => (mask[p] ? sum + value : sum), 0);
  }

  #relative(mask: Mask): number {
    const difference = this.#over(this.#squares, mask);
    return difference === 0 && mask.some((is) => is === 1)
      ? 0
      : Math.sqrt(difference / this.#over(this.#norms, mask));
  }
}
