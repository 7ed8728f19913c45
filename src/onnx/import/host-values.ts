import type { RefArray } from "../../core/op.ts";
import { sizeOf } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";

/** Tensors with more elements than this are never computed on the host: shapes and settings are small. */
const largest = 2 ** 20;

const known = new WeakMap<Tensor, RefArray | undefined>();

/**
 * The elements of a tensor that follows from given values alone, by the ops' own reference loops; `undefined` where an
 * argument of a traced function stands behind it, or it is too large.
 *
 * This is how arithmetic on shapes is done while a graph is being built.
 */
export function hostValues(tensor: Tensor): Float64Array | undefined {
  const pending = [tensor];
  while (pending.length > 0) {
    const next = pending.at(-1)!;
    if (known.has(next)) {
      pending.pop();
      continue;
    }
    const missing =
      next.source.kind === "node" ? next.source.inputs.filter((input) => !known.has(input)) : [];
    if (missing.length > 0 && next.size <= largest) pending.push(...missing);
    else known.set(next, compute(next));
  }
  return known.get(tensor)?.data;
}

/** One tensor, whose operands are known if they can be. */
function compute({ source, shape, dtype, size }: Tensor): RefArray | undefined {
  if (size > largest || source.kind === "input") return undefined;
  if (source.kind === "value") return { shape, dtype, data: Float64Array.from(source.storage.read()) };
  const operands = source.inputs.map((input) => known.get(input));
  if (operands.includes(undefined)) return undefined;
  const out: RefArray = { shape, dtype, data: new Float64Array(sizeOf(shape)) };
  source.op.reference(operands as RefArray[], source.attrs, out);
  if (dtype === "float32") for (let i = 0; i < out.data.length; i++) out.data[i] = Math.fround(out.data[i]!);
  return out;
}
