import { ArgumentError, ShapeError } from "../core/errors.ts";
import { type Shape, sameShape } from "../core/shape.ts";
import type { ConvAttrs, ConvOperands } from "./conv-terms.ts";
import { type Padding, type Sides, sidesPerAxis } from "./spatial.ts";
import { reach, windowCounts } from "./window-geometry.ts";

/**
 * Checks the axes and channels of x [N, C, ...S] and weight [O, C / groups, ...K] with `rank` spatial axes.
 *
 * @param op the name that errors begin with.
 * @throws ShapeError saying what does not fit.
 */
export function requireConvOperands(op: string, rank: number, x: Shape, weight: Shape, groups: number): void {
  const operands = { x, weight };
  if (x.length !== rank + 2) {
    throw new ShapeError(op, `input must have ${rank + 2} axes, but has ${x.length}`, operands, layout(rank));
  }
  if (weight.length !== rank + 2) {
    throw new ShapeError(
      op,
      `weight must have ${rank + 2} axes, but has ${weight.length}`,
      operands,
      "weights are [outChannels, inChannels / groups, ...kernelSize]",
    );
  }
  const [, inChannels] = x as [number, number];
  const [outChannels, inPerGroup] = weight as [number, number];
  if (outChannels % groups !== 0) {
    throw new ShapeError(op, `${outChannels} output channels do not divide into ${groups} groups`, operands);
  }
  if (inChannels !== inPerGroup * groups) {
    const expected = groups === 1 ? `${inPerGroup}` : `${groups} groups of ${inPerGroup}`;
    throw new ShapeError(
      op,
      `input has ${inChannels} channels, but the weight expects ${expected}`,
      operands,
      channelHint(x, weight, groups),
    );
  }
  if (weight.slice(2).includes(0)) throw new ShapeError(op, "the kernel has no elements", operands);
}

/**
 * The shape [N, O, ...out] of a convolution of x [N, C, ...S] with weight [O, C / groups, ...K].
 *
 * @throws ShapeError if the operands do not fit, or the kernel is larger than the padded input.
 */
export function convShape(op: string, x: Shape, weight: Shape, attrs: ConvAttrs): number[] {
  requireConvOperands(op, attrs.stride.length, x, weight, attrs.groups);
  const extent = x.slice(2);
  const kernel = weight.slice(2);
  const size = windowCounts(extent, { ...attrs, kernel });
  if (size.includes(0)) throw emptyOutput(op, extent, kernel, attrs, { x, weight });
  return [x[0]!, weight[0]!, ...size];
}

function layout(rank: number): string {
  const axes = ["D", "H", "W"].slice(-rank).join(", ");
  return rank <= 3
    ? `inputs are [N, C, ${axes}], or [C, ${axes}] without a batch`
    : "inputs are [N, C, ...S]";
}

function channelHint(x: Shape, weight: Shape, groups: number): string {
  if (x.length === 4 && x[3] === weight[1]! * groups) {
    return "is the input [N, H, W, C]? permute(x, [0, 3, 1, 2]) moves the channels";
  }
  const fitting = x[1]! / weight[1]!;
  if (Number.isInteger(fitting) && weight[0]! % fitting === 0) return `groups: ${fitting} would fit`;
  return "a weight is [outChannels, inChannels / groups, ...kernelSize]";
}

function emptyOutput(
  op: string,
  extent: readonly number[],
  kernel: readonly number[],
  { padding, dilation }: ConvAttrs,
  operands: Readonly<Record<string, Shape>>,
): ShapeError {
  const padded = extent.map((n, a) => n + padding[a]![0] + padding[a]![1]);
  const reached = kernel.map((k, a) => reach(k, dilation[a]!));
  const dilated = dilation.some((d) => d > 1) ? "dilated kernel" : "kernel";
  return new ShapeError(
    op,
    `output would be empty: the ${dilated} of ${reached.join("×")} is larger than the padded input of ${padded.join("×")}`,
    operands,
    "use a larger input, more padding or a smaller kernel",
  );
}

/** Checks that the three shapes belong to one convolution. */
export function requireConvShapes(op: string, { x, weight, y }: ConvOperands<Shape>, attrs: ConvAttrs): void {
  const expected = convShape(op, x, weight, attrs);
  if (!sameShape(y, expected)) {
    throw new ShapeError(op, "the output gradient does not have the convolution's output shape", {
      x,
      weight,
      dy: y,
      expected,
    });
  }
}

/** What a convolution takes as padding: numbers, "valid" for none, or "same" for an output as large as the input. */
export type ConvPadding = Padding | "same" | "valid";

/**
 * The padding of each side; "same" puts d(k − 1) elements around each axis, the odd one at its end.
 *
 * @throws ArgumentError for "same" with a stride, as there is no such padding.
 */
export function convPadding(
  op: string,
  padding: ConvPadding,
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): Sides[] {
  if (padding === "valid") return kernel.map(() => [0, 0]);
  if (padding !== "same") return sidesPerAxis(op, "padding", padding, kernel.length);
  if (stride.some((s) => s !== 1)) {
    throw new ArgumentError(`${op}: padding "same" needs stride 1, not [${stride.join(", ")}]`);
  }
  return kernel.map((k, a) => {
    const total = dilation[a]! * (k - 1);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}
