import { ArgumentError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { reach } from "./window-geometry.ts";

/**
 * How a convolution is computed: as its definition says, by Winograd's minimal filtering (Lavin & Gray, 2016), by the fast
 * Fourier transform of tiles (overlap and save), or as it takes the least time. The meaning is the same, so backends
 * without an algorithm, and those that promise exact results, compute directly.
 */
export type ConvAlgorithm = "auto" | "direct" | "winograd" | "fft";

export const convAlgorithms: readonly ConvAlgorithm[] = ["auto", "direct", "winograd", "fft"];

/** The largest extent, in elements of the input, of a kernel that is transformed. */
const largestTransform = 64;

interface Settings {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

/**
 * Checks that an algorithm can compute a convolution with such a weight [O, C / groups, ...K].
 *
 * @throws ArgumentError saying which property of the convolution it is that the algorithm has no form for.
 */
export function requireAlgorithm(
  op: string,
  algorithm: ConvAlgorithm,
  weight: Shape,
  settings: Settings,
): void {
  if (!convAlgorithms.includes(algorithm)) {
    throw new ArgumentError(
      `${op}: algorithm must be ${convAlgorithms.map((name) => `"${name}"`).join(", ")}, not ${JSON.stringify(algorithm)}`,
    );
  }
  const obstacle =
    algorithm === "winograd"
      ? winogradObstacle(weight, settings)
      : algorithm === "fft"
        ? fourierObstacle(weight, settings)
        : undefined;
  if (obstacle)
    throw new ArgumentError(`${op}: algorithm "${algorithm}" ${obstacle}; "auto" chooses another`);
}

/** Why a convolution has no form of Winograd's here. */
export function winogradObstacle(
  [outChannels, inChannels, ...kernel]: Shape,
  { stride, dilation, groups }: Settings,
): string | undefined {
  if (kernel.length !== 2 || kernel.some((k) => k !== 3))
    return `is for kernels of 3×3, and this one is ${kernel.join("×")}`;
  if (stride.some((s) => s !== 1)) return `is for stride 1, not ${stride.join("×")}`;
  if (dilation.some((d) => d !== 1)) return `is for dilation 1, not ${dilation.join("×")}`;
  if (groups !== 1) return `is for one group of channels, not ${groups}`;
  if (inChannels! % 4 !== 0) return `is for input channels in fours, not ${inChannels}`;
  if (outChannels === 1) return "is for more than one output channel";
  return undefined;
}

/** Why a convolution has no form by Fourier transforms here. */
export function fourierObstacle(
  [, , ...kernel]: Shape,
  { dilation }: Pick<Settings, "dilation">,
): string | undefined {
  if (kernel.length > 2) return `is for one or two spatial axes, not ${kernel.length}`;
  const reached = kernel.map((k, axis) => reach(k, dilation[axis]!));
  if (reached.some((extent) => extent > largestTransform))
    return `is for kernels that reach over at most ${largestTransform} elements, and this one reaches over ${reached.join("×")}`;
  return undefined;
}
