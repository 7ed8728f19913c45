/** A filter of Pillow's that weighs the pixels around a point; `reach` is how far from it they lie at most. */
export interface ResizeFilter {
  readonly reach: number;
  /** The weight at a distance in pixels, before all are scaled to the sum 1. */
  weight(distance: number): number;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  return Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Pillow's filters; a further one, nearest, weighs nothing. */
export type FilterName = "box" | "bilinear" | "hamming" | "bicubic" | "lanczos";

export const resizeFilters: Readonly<Record<FilterName, ResizeFilter>> = {
  box: { reach: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  /** A triangle. */
  bilinear: { reach: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    reach: 1,
    weight: (x) => (Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))),
  },
  /** Keys: Cubic Convolution Interpolation for Digital Image Processing (1981), with a = −1/2. */
  bicubic: {
    reach: 2,
    weight: (distance) => {
      const x = Math.abs(distance);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    },
  },
  /** A sinc within the main lobe of one three times as wide. */
  lanczos: { reach: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};
