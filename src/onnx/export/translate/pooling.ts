import type { TensorSpec } from "../../../core/op.ts";
import { sizeOf } from "../../../core/shape.ts";
import { type PoolAttrs, poolGeometry } from "../../../ops/pool-geometry.ts";
import { reach } from "../../../ops/window-geometry.ts";
import type { Attributes, OnnxGraph } from "../onnx-graph.ts";
import type { Operation, Translation, Translations } from "./translation.ts";

type AvgPoolAttrs = PoolAttrs & { readonly countIncludePad: boolean; readonly divisor: number | null };

interface AdaptiveAttrs {
  readonly size: readonly number[];
}

/**
 * The end padding with which exactly the wanted windows fit. Runtimes do not agree on ONNX's `ceil_mode`, and with this
 * padding need not.
 */
function exactEnds(op: string, x: TensorSpec, attrs: PoolAttrs): number[] {
  const { kernel, stride, padding, dilation, extent, size } = poolGeometry(op, x.shape, attrs);
  return size.map((windows, a) => {
    const end = (windows - 1) * stride[a]! + reach(kernel[a]!, dilation[a]!);
    return Math.max(0, end - extent[a]! - padding[a]![0]);
  });
}

function windowsOf(op: string, x: TensorSpec, attrs: PoolAttrs): Attributes {
  return {
    kernel_shape: attrs.kernel,
    strides: attrs.stride,
    pads: [...attrs.padding.map(([low]) => low), ...exactEnds(op, x, attrs)],
  };
}

/** Whether no end padding is as wide as the kernel, which runtimes refuse. */
function fits(op: string, x: TensorSpec, attrs: PoolAttrs): boolean {
  return exactEnds(op, x, attrs).every((width, a) => width < attrs.kernel[a]!);
}

/** ONNX pools over [N, C, ...S] only. */
function batched(
  { inputs: [x], output }: Operation<unknown>,
  rank: number,
  graph: OnnxGraph,
  pool: (x: string) => string,
): string {
  if (x!.shape.length === rank + 2) return pool(x!.name);
  return graph.reshape(pool(graph.reshape(x!.name, [1, ...x!.dims])), output.dims);
}

const maxPool: Translation<PoolAttrs> = {
  accepts: ([x], attrs) => fits("maxPool", x!, attrs),
  translate: (operation, graph) => {
    const { attrs, inputs } = operation;
    return batched(operation, attrs.kernel.length, graph, (x) =>
      graph.add("MaxPool", [x], {
        ...windowsOf("maxPool", inputs[0]!, attrs),
        dilations: attrs.dilation.some((distance) => distance > 1) ? attrs.dilation : undefined,
      }),
    );
  },
};

/** Whether elements of the padding count, with the exact end padding; `undefined` where neither answer is right. */
function countsPadding(x: TensorSpec, attrs: AvgPoolAttrs): boolean | undefined {
  // The sum is what is wanted then, which an average over all taps gives.
  if (attrs.divisor !== null) return true;
  if (!attrs.countIncludePad) return false;
  const within = exactEnds("avgPool", x, attrs).every((width, a) => width <= attrs.padding[a]![1]);
  if (within) return true;
  return attrs.padding.flat().every((width) => width === 0) ? false : undefined;
}

const avgPool: Translation<AvgPoolAttrs> = {
  accepts: ([x], attrs) => fits("avgPool", x!, attrs) && countsPadding(x!, attrs) !== undefined,
  translate: (operation, graph) => {
    const { attrs, inputs, output } = operation;
    const { kernel, divisor } = attrs;
    return batched(operation, kernel.length, graph, (x) => {
      const y = graph.add("AveragePool", [x], {
        ...windowsOf("avgPool", inputs[0]!, attrs),
        count_include_pad: countsPadding(inputs[0]!, attrs) ? 1 : 0,
      });
      return divisor === null
        ? y
        : graph.add("Mul", [y, graph.scalar(sizeOf(kernel) / divisor, output.dtype)]);
    });
  },
};

/** Over everything, which is all that ONNX has of adaptive poolings. */
function globalPool(opType: string): Translation<AdaptiveAttrs> {
  return {
    accepts: (_, { size }) => size.every((extent) => extent === 1),
    translate: (operation, graph) =>
      batched(operation, operation.attrs.size.length, graph, (x) => graph.add(opType, [x])),
  };
}

export const poolingTranslations: Translations = {
  maxPool,
  avgPool,
  adaptiveAvgPool: globalPool("GlobalAveragePool"),
  adaptiveMaxPool: globalPool("GlobalMaxPool"),
};
