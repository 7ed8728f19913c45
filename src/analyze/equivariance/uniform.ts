import { sizeOf } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { elementwiseOps } from "../interpret-graph.ts";

/** Largest table that is looked through for a change along an axis. */
const largestTable = 1 << 20;

/** Whether a tensor that does not depend on the input is the same all along an axis. */
export function isUniform(tensor: Tensor, axis: number): boolean {
  const { shape, source } = tensor;
  if (shape[axis] === 1) return true;
  if (source.kind === "value") return tensor.size <= largestTable && isUniformTable(tensor, axis);
  if (source.kind !== "node") return false;
  const { op, inputs } = source;
  if (op.name === "full") return true;
  if (elementwiseOps.includes(op.name)) return inputs.every((input) => isUniform(input, axis));
  if (op.name === "permute") {
    return isUniform(inputs[0]!, (source.attrs as { order: readonly number[] }).order[axis]!);
  }
  if (op.name !== "expand") return false;
  const inner = axis - (shape.length - inputs[0]!.rank);
  return inner < 0 || isUniform(inputs[0]!, inner);
}

function isUniformTable({ shape, source }: Tensor, axis: number): boolean {
  if (source.kind !== "value") return false;
  const values = source.storage.read();
  const inner = sizeOf(shape.slice(axis + 1));
  const line = inner * shape[axis]!;
  return values.every((value, i) => value === values[i - ((i % line) - (i % inner))]);
}
