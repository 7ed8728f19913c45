import type { Draw } from "../core/draw.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { convShape, requireConvShapes } from "./conv-geometry.ts";
import { addConvTerms, type ConvAttrs, type ConvOperands } from "./conv-terms.ts";
import { reach } from "./window-geometry.ts";

/*
 * A convolution y = x ∗ w is linear in x and in w. Its three operations, one for each of y, dx and dw, add up the same
 * terms, and each one's derivatives are the other two:
 *
 *   y  = conv(x, w)             dx = convInputGrad(dy, w)             dw = convWeightGrad(x, dy)
 */

/** `extent`: the spatial extents of x, which stride and padding do not let one tell from dy. */
export type ConvInputGradAttrs = ConvAttrs & { readonly extent: readonly number[] };

/** `kernel`: the spatial extents of the weight. */
export type ConvWeightGradAttrs = ConvAttrs & { readonly kernel: readonly number[] };

const convOp: Op<ConvAttrs> = defineOp<ConvAttrs>({
  name: "conv",
  shape: ([x, weight], attrs) => ({
    shape: convShape("conv", x!.shape, weight!.shape, attrs),
    dtype: x!.dtype,
  }),
  reference: ([x, weight], attrs, out) => {
    addConvTerms({ x: x!, weight: weight!, y: out }, "y", attrs);
  },
  vjp: ({ inputs: [x, weight], gradient, attrs, needs }) => [
    needs(0) ? convInputGrad(gradient, weight!, { ...attrs, extent: x!.shape.slice(2) }) : undefined,
    needs(1) ? convWeightGrad(x!, gradient, { ...attrs, kernel: weight!.shape.slice(2) }) : undefined,
  ],
  examples: (draw) => {
    const { x, weight, attrs } = drawConv(draw);
    return { inputs: [{ shape: x }, { shape: weight }], attrs };
  },
});

const convInputGradOp: Op<ConvInputGradAttrs> = defineOp<ConvInputGradAttrs>({
  name: "convInputGrad",
  shape: ([dy, weight], attrs) => {
    const x = [dy!.shape[0]!, weight!.shape[1]! * attrs.groups, ...attrs.extent];
    requireConvShapes("convInputGrad", { x, weight: weight!.shape, y: dy!.shape }, attrs);
    return { shape: x, dtype: dy!.dtype };
  },
  reference: ([dy, weight], attrs, out) => {
    addConvTerms({ x: out, weight: weight!, y: dy! }, "x", attrs);
  },
  vjp: ({ inputs: [dy, weight], gradient, attrs: { extent: _, ...attrs }, needs }) => [
    needs(0) ? conv(gradient, weight!, attrs) : undefined,
    needs(1) ? convWeightGrad(gradient, dy!, { ...attrs, kernel: weight!.shape.slice(2) }) : undefined,
  ],
  examples: (draw) => {
    const { x, weight, y, attrs } = drawConv(draw);
    return { inputs: [{ shape: y }, { shape: weight }], attrs: { ...attrs, extent: x.slice(2) } };
  },
});

const convWeightGradOp: Op<ConvWeightGradAttrs> = defineOp<ConvWeightGradAttrs>({
  name: "convWeightGrad",
  shape: ([x, dy], attrs) => {
    const weight = [dy!.shape[1]!, Math.floor(x!.shape[1]! / attrs.groups), ...attrs.kernel];
    requireConvShapes("convWeightGrad", { x: x!.shape, weight, y: dy!.shape }, attrs);
    return { shape: weight, dtype: x!.dtype };
  },
  reference: ([x, dy], attrs, out) => {
    addConvTerms({ x: x!, weight: out, y: dy! }, "weight", attrs);
  },
  vjp: ({ inputs: [x, dy], gradient, attrs: { kernel: _, ...attrs }, needs }) => [
    needs(0) ? convInputGrad(dy!, gradient, { ...attrs, extent: x!.shape.slice(2) }) : undefined,
    needs(1) ? conv(x!, gradient, attrs) : undefined,
  ],
  examples: (draw) => {
    const { x, weight, y, attrs } = drawConv(draw);
    return { inputs: [{ shape: x }, { shape: y }], attrs: { ...attrs, kernel: weight.slice(2) } };
  },
});

function drawConv(draw: Draw): ConvOperands<Shape> & { attrs: ConvAttrs } {
  const rank = draw.pick([1, 2, 2, 3]);
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const kernel = axes.map(() => draw.int(1, rank < 3 ? 3 : 2));
  const stride = axes.map(() => draw.int(1, 3));
  const dilation = axes.map(() => draw.int(1, 2));
  const padding = axes.map(() => [draw.int(0, 2), draw.int(-1, 2)] as const);
  const extent = axes.map((a) => {
    const least = reach(kernel[a]!, dilation[a]!) - padding[a]![0] - padding[a]![1];
    return Math.max(1, least) + draw.int(0, 3 - rank);
  });
  const groups = draw.int(1, 2);
  const x = [draw.int(1, 2), groups * draw.int(1, 2), ...extent];
  const weight: Shape = [groups * draw.int(1, 2), x[1]! / groups, ...kernel];
  const attrs = { stride, padding, dilation, groups };
  return { x, weight, y: convShape("conv", x, weight, attrs), attrs };
}

/** The cross-correlation of x [N, C, ...S] with weight [O, C / groups, ...K]: [N, O, ...out]. */
export function conv(x: Tensor, weight: Tensor, attrs: ConvAttrs): Tensor {
  return apply(convOp, [x, weight], attrs);
}

/** The gradient [N, C, ...extent] of {@link conv} with respect to x, for the output's gradient dy. */
export function convInputGrad(dy: Tensor, weight: Tensor, attrs: ConvInputGradAttrs): Tensor {
  return apply(convInputGradOp, [dy, weight], attrs);
}

/** The gradient [O, C / groups, ...kernel] of {@link conv} with respect to the weight, for the output's gradient dy. */
export function convWeightGrad(x: Tensor, dy: Tensor, attrs: ConvWeightGradAttrs): Tensor {
  return apply(convWeightGradOp, [x, dy], attrs);
}
