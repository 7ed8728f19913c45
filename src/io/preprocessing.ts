/** What becomes of a photograph before a network sees it. */
export interface Preprocessing {
  /** [channels, height, width] of the network's input. */
  readonly inputSize: readonly [channels: number, height: number, width: number];
  /** Pixels of the shorter side before the crop. */
  readonly resize: number;
  readonly interpolation: "bilinear" | "bicubic" | "nearest" | "lanczos";
  /** "center" cuts out the middle, "squash" resizes to the input's extents, "border" fills up the longer side's difference. */
  readonly cropMode: "center" | "squash" | "border";
  /** Of each channel in [0, 1]; subtracted. */
  readonly mean: readonly number[];
  /** Of each channel; what is left is divided by it. */
  readonly std: readonly number[];
}
