import { evaluate } from "../src/compiler/runtime.ts";
import type { Backend } from "../src/core/backend.ts";
import { Draw } from "../src/core/draw.ts";
import { allocate, type DType, isFloating } from "../src/core/dtype.ts";
import { type AnyOp, type Attrs, apply, type Example, type ExampleInput } from "../src/core/op.ts";
import { sizeOf } from "../src/core/shape.ts";
import { HostStorage } from "../src/core/storage.ts";
import { Tensor } from "../src/core/tensor.ts";

/** Elements for one example's operand: drawn, or the given ones. */
export function fill(input: ExampleInput, draw: Draw, float: DType): Tensor {
  const dtype = input.dtype ?? float;
  const [low, high] = input.range ?? (isFloating(dtype) ? [-1, 1] : [0, 2]);
  const array = allocate(dtype, sizeOf(input.shape));
  for (let i = 0; i < array.length; i++) {
    const value = input.values?.[i] ?? draw.float(low, high);
    array[i] = isFloating(dtype) ? value : Math.floor(value);
  }
  return Tensor.value(new HostStorage(array, dtype), input.shape);
}

export interface DrawnExample {
  readonly example: Example<Attrs>;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
}

/** The op applied to random operands: a pure function of op and seed. */
export function drawExample(op: AnyOp, seed: number, float: DType): DrawnExample {
  const draw = new Draw(seed);
  const example = op.examples(draw);
  const inputs = example.inputs.map((input) => fill(input, draw, float));
  const attrs = float === "float64" ? widen(example.attrs) : example.attrs;
  return { example, inputs, output: apply(op, inputs, attrs) };
}

/** Where an example's settings name the element type float32, takes float64. */
function widen(attrs: Attrs): Attrs {
  return "dtype" in attrs && attrs.dtype === "float32" ? { ...attrs, dtype: "float64" } : attrs;
}

export async function valuesOf(tensors: readonly Tensor[], backend: Backend): Promise<Float64Array[]> {
  await evaluate(tensors, backend);
  return Promise.all(tensors.map(async (t) => Float64Array.from(await t.data())));
}
