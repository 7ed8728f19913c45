import { sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { tensorsBehind } from "../core/tensors-behind.ts";

type Count = (inputs: readonly Tensor[], output: Tensor) => number;

/** [O, I / groups, ...K]: the products that make up one element of a convolution's output. */
const productsEach = ({ shape }: Tensor): number => sizeOf(shape.slice(1));

/** The operations that are sums of products; all others are left out, as is usual. */
const counts: Readonly<Record<string, Count>> = {
  conv: ([, weight], output) => output.size * productsEach(weight!),
  // A transposed convolution: each element of its input meets the weights once.
  convInputGrad: ([y, weight]) => y!.size * productsEach(weight!),
  linear: ([x], output) => output.size * x!.shape.at(-1)!,
  matmul: ([a], output) => output.size * a!.shape.at(-1)!,
};

/** Multiply-accumulates of the convolutions and matrix products behind `output`, down to `inputs`. */
export function countMacs(output: Tensor, inputs: readonly Tensor[]): number {
  return tensorsBehind(output, new Set(inputs)).reduce((total, tensor) => {
    const { source } = tensor;
    if (source.kind !== "node") return total;
    return total + (counts[source.op.name]?.(source.inputs, tensor) ?? 0);
  }, 0);
}
