import { apply, defineOp, type Op, type RefArray } from "../core/op.ts";
import { sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { convShape } from "./conv-geometry.ts";
import type { ConvWeightGradAttrs } from "./conv-ops.ts";
import { addConvTerms } from "./conv-terms.ts";
import { reach } from "./window-geometry.ts";

/**
 * `parts`: into how many equal parts the batch, and the first spatial axis of dy, are cut. There is no padding.
 */
export type ConvWeightGradPartsAttrs = ConvWeightGradAttrs & {
  readonly parts: readonly [batch: number, rows: number];
};

/*
 * The compiler makes this op after differentiation, so that threads share a long sum and each part's operands stay in
 * the caches; it has no gradient of its own.
 */
const partsOp: Op<ConvWeightGradPartsAttrs> = defineOp<ConvWeightGradPartsAttrs>({
  name: "convWeightGradParts",
  differentiable: false,
  shape: ([x, dy], { groups, kernel, parts }) => ({
    shape: [...parts, dy!.shape[1]!, x!.shape[1]! / groups, ...kernel],
    dtype: x!.dtype,
  }),
  reference: ([x, dy], attrs, out) => {
    const { parts, kernel, stride, dilation } = attrs;
    const [batch, rows] = [dy!.shape[0]! / parts[0], dy!.shape[2]! / parts[1]];
    const weight = out.shape.slice(2);
    const size = sizeOf(weight);
    for (let b = 0; b < parts[0]; b++) {
      for (let r = 0; r < parts[1]; r++) {
        const at = (b * parts[1] + r) * size;
        const reached = (rows - 1) * stride[0]! + reach(kernel[0]!, dilation[0]!);
        const operands = {
          x: partOf(x!, [b * batch, batch], [r * rows * stride[0]!, reached]),
          y: partOf(dy!, [b * batch, batch], [r * rows, rows]),
          weight: { shape: weight, dtype: out.dtype, data: out.data.subarray(at, at + size) },
        };
        addConvTerms(operands, "weight", attrs);
      }
    }
  },
  examples: (draw) => {
    const axes = Array.from({ length: draw.pick([1, 2, 2, 3]) }, (_, axis) => axis);
    const parts = [draw.int(1, 3), draw.int(1, 3)] as const;
    const groups = draw.int(1, 3);
    const kernel = axes.map(() => draw.int(1, 3));
    const stride = axes.map(() => draw.int(1, 2));
    const dilation = axes.map(() => draw.int(1, 2));
    const outputs = axes.map((axis) => draw.int(1, 2) * (axis === 0 ? parts[1] : 1));
    const extent = outputs.map((n, a) => (n - 1) * stride[a]! + reach(kernel[a]!, dilation[a]!));
    const x = [parts[0] * draw.int(1, 2), groups * draw.int(1, 2), ...extent];
    const attrs = { stride, dilation, groups, padding: axes.map(() => [0, 0] as const) };
    const dy = convShape("conv", x, [groups * draw.int(1, 2), x[1]! / groups, ...kernel], attrs);
    return { inputs: [{ shape: x }, { shape: dy }], attrs: { ...attrs, kernel, parts } };
  },
});

/** Some samples of [N, C, ...S], and of their first spatial axis some positions. */
function partOf(
  { shape, dtype, data }: RefArray,
  [firstSample, samples]: readonly [number, number],
  [firstRow, rows]: readonly [number, number],
): RefArray {
  const [, channels, extent, ...rest] = shape as [number, number, number, ...number[]];
  const row = sizeOf(rest);
  const part = new Float64Array(samples * channels * rows * row);
  for (let plane = 0; plane < samples * channels; plane++) {
    const from = ((firstSample * channels + plane) * extent + firstRow) * row;
    part.set(data.subarray(from, from + rows * row), plane * rows * row);
  }
  return { shape: [samples, channels, rows, ...rest], dtype, data: part };
}

/** Parts [batch parts, row parts, O, C / groups, ...kernel] of `convWeightGrad`, which is the sum of them. */
export function convWeightGradParts(x: Tensor, dy: Tensor, attrs: ConvWeightGradPartsAttrs): Tensor {
  return apply(partsOp, [x, dy], attrs);
}
