/** How one axis is resized. */
export interface AxisResize {
  readonly extent: number;
  readonly size: number;
  readonly scale: number;
  /** Beginning and end of the cropped part, of 1. */
  readonly region: readonly [start: number, end: number];
  readonly mode: "nearest" | "linear" | "cubic";
  readonly coordinates:
    | "half_pixel"
    | "half_pixel_symmetric"
    | "pytorch_half_pixel"
    | "align_corners"
    | "asymmetric"
    | "tf_crop_and_resize"
    | "tf_half_pixel_for_nn";
  /** "simple" is what there was before there was a choice: ceil where the axis gets shorter, else floor. */
  readonly nearest: "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil" | "simple";
  readonly cubicA: number;
  readonly antialias: boolean;
  /** Whether taps beside the axis count nothing, instead of reading its ends. */
  readonly excludeOutside: boolean;
}

/** Where output `i` lies among the elements: the formulas of ONNX's Resize, in float32 as runtimes compute them. */
export function sourcePosition(axis: AxisResize, i: number): number {
  const { extent, size, coordinates } = axis;
  const scale = Math.fround(axis.scale);
  // The output's width, of which the size is the whole part.
  const width = Math.fround(scale * extent);
  const half = Math.fround(Math.fround((i + 0.5) / scale) - 0.5);
  switch (coordinates) {
    case "half_pixel":
      return half;
    case "half_pixel_symmetric":
      return Math.fround((extent / 2) * Math.fround(1 - Math.fround(size / width)) + half);
    case "pytorch_half_pixel":
      return size === 1 ? 0 : half;
    case "tf_half_pixel_for_nn":
      return Math.fround((i + 0.5) / scale);
    case "align_corners":
      return width === 1 ? 0 : Math.fround((i * (extent - 1)) / (width - 1));
    case "asymmetric":
      return Math.fround(i / scale);
    case "tf_crop_and_resize": {
      const [start, end] = axis.region;
      const along = width === 1 ? (end - start) / 2 : (i * (end - start)) / (width - 1);
      return (start + along) * (extent - 1);
    }
  }
}

/**
 * The weights of the elements around a position, by their place from the left neighbour (0) on.
 *
 * @param ratio how far the position is from the left neighbour, in (0, 1].
 */
export function coefficients(axis: AxisResize, ratio: number): Map<number, number> {
  const { mode, cubicA } = axis;
  if (mode === "nearest") return new Map([[takesRight(axis, ratio) ? 1 : 0, 1]]);
  const kernel = mode === "linear" ? triangle : (x: number) => cubic(x, cubicA);
  const reach = mode === "linear" ? 1 : 2;
  // Downsampling with antialiasing widens the kernel by as much as the elements get closer.
  const scale = axis.antialias ? Math.min(axis.scale, 1) : 1;
  const first = Math.floor(-reach / scale) + 1;
  const taps = Array.from({ length: 2 - 2 * first }, (_, k) => first + k);
  const weights = taps.map((tap) => kernel((tap - ratio) * scale));
  const total = axis.antialias ? weights.reduce((a, b) => a + b, 0) : 1;
  return new Map(taps.map((tap, k) => [tap, weights[k]! / total]));
}

function takesRight({ nearest, scale }: AxisResize, ratio: number): boolean {
  if (ratio === 1 || nearest === "ceil") return true;
  if (nearest === "simple") return scale < 1;
  if (nearest === "floor") return false;
  return nearest === "round_prefer_ceil" ? ratio >= 0.5 : ratio > 0.5;
}

function triangle(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

/** Keys (1981), Cubic convolution interpolation, equation 4 with a free parameter. */
function cubic(x: number, a: number): number {
  const d = Math.abs(x);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
}
