import { ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import { philox4x32 } from "../core/philox.ts";
import { type Shape, sameShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { applyElementwise, defineElementwise, type ElementwiseOp } from "./elementwise.ts";

/**
 * Random bits as a function of a state (seed low, seed high, counter low, counter high): element i is word i mod 4 of
 * Philox4x32-10 with counter (⌊i / 4⌋, 0, counter low, counter high) and key (seed low, seed high).
 */
const randomBitsOp: Op<{ readonly shape: Shape }> = defineOp<{ readonly shape: Shape }>({
  name: "randomBits",
  shape: ([state], { shape }) => {
    if (!sameShape(state!.shape, [4]) || state!.dtype !== "int32") {
      throw new ShapeError("randomBits", "the state must be four int32", {
        state: `${state!.dtype} [${state!.shape.join(", ")}]`,
      });
    }
    return { shape, dtype: "int32" };
  },
  reference: ([state], _, out) => {
    const [seedLow, seedHigh, low, high] = state!.data as unknown as [number, number, number, number];
    const block = new Uint32Array(4);
    for (let i = 0; i < out.data.length; i++) {
      if (i % 4 === 0) philox4x32([i / 4, 0, low, high], [seedLow, seedHigh], block);
      out.data[i] = block[i % 4]! | 0;
    }
  },
  differentiable: false,
  examples: (draw) => {
    const word = (): number => draw.int(-(2 ** 31), 2 ** 31 - 1);
    return {
      inputs: [{ shape: [4], dtype: "int32", values: [word(), word(), word(), word()] }],
      attrs: { shape: draw.shape(draw.int(0, 3), 6) },
    };
  },
});

/** 32 random bits for each element of `shape`, as int32; a pure function of the state. */
export function randomBits(state: Tensor, shape: Shape): Tensor {
  return apply(randomBitsOp, [state], { shape: [...shape] });
}

const bitsToUnitOp: ElementwiseOp = defineElementwise({
  name: "bitsToUnit",
  arity: 1,
  scalar: (bits) => (bits! >>> 8) * 2 ** -24,
  dtype: () => "float32",
  dtypes: ["int32"],
  ranges: [[-(2 ** 31), 2 ** 31]],
});

/** The upper 24 of 32 bits as a float32 in [0, 1): (bits >>> 8) · 2⁻²⁴, without rounding. */
export function bitsToUnit(bits: Tensor): Tensor {
  return applyElementwise(bitsToUnitOp, bits);
}
