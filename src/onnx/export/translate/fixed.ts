import type { DType } from "../../../core/dtype.ts";
import { hostTensor } from "../onnx-graph.ts";
import type { Translations } from "./translation.ts";

interface ConstantAttrs {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Tensors that are made of nothing. */
export const fixedTranslations: Translations = {
  full: {
    translate: ({ attrs, output: { dims, dtype } }, graph) => {
      if (dims.length === 0) return graph.scalar(attrs.value, dtype);
      const value = { tensor: hostTensor([attrs.value], [1], dtype) };
      return graph.add("ConstantOfShape", [graph.shape(dims)], { value });
    },
  },
  constant: {
    translate: ({ attrs }, graph) => {
      const { values, shape, dtype }: ConstantAttrs = attrs;
      return graph.constant(hostTensor(values, shape, dtype));
    },
  },
  iota: {
    translate: ({ output: { dims, dtype } }, graph) => {
      const [extent] = dims;
      if (typeof extent === "number") {
        return graph.constant(
          hostTensor(
            Array.from({ length: extent }, (_, i) => i),
            [extent],
            dtype,
          ),
        );
      }
      const limit = graph.reshape(graph.cast(graph.batches(extent!.batches), "int32"), []);
      return graph.add("Range", [graph.scalar(0, dtype), limit, graph.scalar(1, dtype)]);
    },
  },
};
