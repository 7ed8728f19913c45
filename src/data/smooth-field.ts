import type { Random } from "./random.ts";

/** Coefficients along a side: three spans and the three more that a cubic needs. */
const side = 6;
const spans = side - 3;

/** Root mean square of Σ bᵢ(u) bⱼ(v) zᵢⱼ over a span, for independent standard normal zᵢⱼ: ∫ Σ bᵢ(u)² du. */
const gain = 151 / 315;

/**
 * A smooth random displacement of the plane for elastic distortion.
 *
 * Simard, Steinkraus, Platt (ICDAR 2003, section 2) smooth white noise by a Gaussian of a few pixels. Here the
 * noise lies on a grid and a uniform cubic B-spline smooths it: with a knot spacing h that is close to a Gaussian
 * with σ = h/√3, so three spans over 28 pixels give σ = 5.4, and the field costs 72 random numbers and 16
 * products a point instead of a convolution.
 */
export class SmoothField {
  readonly #dx = new Float64Array(side * side);
  readonly #dy = new Float64Array(side * side);
  readonly #u = new Float64Array(4);
  readonly #v = new Float64Array(4);

  /** Draws a field with a root mean square displacement of 1 in x and in y. */
  draw(random: Random): void {
    for (let i = 0; i < side * side; i++) {
      this.#dx[i] = random.normal() / gain;
      this.#dy[i] = random.normal() / gain;
    }
  }

  /** Moves points by `scale` times the field, which spans [−extent, extent] in both directions. */
  displace(x: Float64Array, y: Float64Array, count: number, extent: number, scale: number): void {
    for (let i = 0; i < count; i++) {
      const column = weights(this.#u, x[i]!, extent);
      const row = weights(this.#v, y[i]!, extent);
      let dx = 0;
      let dy = 0;
      for (let k = 0; k < 4; k++) {
        for (let l = 0; l < 4; l++) {
          const at = (row + k) * side + column + l;
          const weight = this.#v[k]! * this.#u[l]!;
          dx += weight * this.#dx[at]!;
          dy += weight * this.#dy[at]!;
        }
      }
      x[i] = x[i]! + scale * dx;
      y[i] = y[i]! + scale * dy;
    }
  }
}

/** Writes the four B-spline weights for a coordinate to `out` and returns the first coefficient's index. */
function weights(out: Float64Array, coordinate: number, extent: number): number {
  const u = Math.min(spans, Math.max(0, ((coordinate + extent) / (2 * extent)) * spans));
  const first = Math.min(spans - 1, Math.floor(u));
  const t = u - first;
  const s = 1 - t;
  out[0] = (s * s * s) / 6;
  out[1] = (4 - 6 * t * t + 3 * t * t * t) / 6;
  out[2] = (4 - 6 * s * s + 3 * s * s * s) / 6;
  out[3] = (t * t * t) / 6;
  return first;
}
