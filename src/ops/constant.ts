import type { DType } from "../core/dtype.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";

interface ConstantAttrs {
  readonly values: readonly number[];
  readonly shape: Shape;
  readonly dtype: DType;
}

const constantOp: Op<{ readonly [K in keyof ConstantAttrs]: ConstantAttrs[K] }> = defineOp({
  name: "constant",
  shape: (_, { shape, dtype }) => ({ shape, dtype }),
  reference: (_, { values }, out) => out.data.set(values),
  vjp: () => [],
  examples: (draw) => {
    const shape = draw.shape(2);
    return {
      inputs: [],
      attrs: {
        values: Array.from({ length: shape[0]! * shape[1]! }, () => draw.int(-9, 9)),
        shape,
        dtype: "float32",
      },
    };
  },
});

/** A small table that is part of the computation itself: unlike a tensor of given values, it is stored in the graph. */
export function constant(values: ArrayLike<number>, shape: Shape, dtype: DType = "float32"): Tensor {
  return apply(constantOp, [], { values: Array.from(values), shape: [...shape], dtype });
}
