import type { MeanAttrs } from "../combine/mean.ts";
import type { OnnxGraph } from "../onnx-graph.ts";
import type { Operation, Translation, Translations } from "./translation.ts";

interface ReduceAttrs {
  readonly axes: readonly number[];
}

function reduction(opType: string): Translation<ReduceAttrs> {
  return {
    translate: ({ inputs: [x], attrs: { axes }, output: { dtype } }, graph) => {
      const isByte = dtype === "uint8" || dtype === "bool";
      const operand = isByte ? graph.cast(x!.name, "int32") : x!.name;
      const result = graph.add(opType, [operand, graph.int64s(axes)], { keepdims: 1 });
      return isByte ? graph.cast(result, dtype) : result;
    },
  };
}

/** ArgMax and its kin take one axis: several are joined into one at the end. */
function position(opType: string): Translation<ReduceAttrs> {
  return {
    translate: (operation, graph) => {
      const { attrs, output } = operation;
      const found =
        attrs.axes.length === 1
          ? graph.add(opType, [searched(operation, graph)], { axis: attrs.axes[0]!, keepdims: 1 })
          : graph.add(opType, [joined(operation, graph)], { axis: -1, keepdims: 0 });
      const whole = graph.cast(found, "int32");
      return attrs.axes.length === 1 ? whole : graph.reshape(whole, output.dims);
    },
  };
}

function searched({ inputs: [x] }: Operation<ReduceAttrs>, graph: OnnxGraph): string {
  return x!.dtype === "bool" ? graph.cast(x!.name, "int32") : x!.name;
}

/** x with the reduced axes as one, at the end. */
function joined(operation: Operation<ReduceAttrs>, graph: OnnxGraph): string {
  const { axes } = operation.attrs;
  const { dims, shape } = operation.inputs[0]!;
  const kept = dims.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const turned = graph.add("Transpose", [searched(operation, graph)], { perm: [...kept, ...axes] });
  const count = axes.reduce((product, axis) => product * shape[axis]!, 1);
  return graph.reshape(turned, [...kept.map((axis) => dims[axis]!), count]);
}

export const reductionTranslations: Translations = {
  sum: reduction("ReduceSum"),
  max: reduction("ReduceMax"),
  min: reduction("ReduceMin"),
  mean: {
    translate: ({ inputs: [x], attrs: { axes, keepDims } }: Operation<MeanAttrs>, graph) =>
      graph.add("ReduceMean", [x!.name, graph.int64s(axes)], { keepdims: keepDims ? 1 : 0 }),
  },
  norm: reduction("ReduceL2"),
  logSumExp: reduction("ReduceLogSumExp"),
  argmax: position("ArgMax"),
  argmin: position("ArgMin"),
};
