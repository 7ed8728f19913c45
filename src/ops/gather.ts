import type { Draw } from "../core/draw.ts";
import { IndexError, ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Example, type Op, type RefArray, type TensorSpec } from "../core/op.ts";
import { normalizeAxis, sameShape, sizeOf } from "../core/shape.ts";
import { Tensor, tensor } from "../core/tensor.ts";
import { Variable } from "../core/variable.ts";
import { expand } from "./expand.ts";
import { asTensor, cast, type TensorLike } from "./like.ts";
import { reshape } from "./movement.ts";

type GatherAttrs = { readonly axis: number };
type ScatterAttrs = {
  readonly axis: number;
  /** Extent of the result along `axis`. */
  readonly size: number;
};

/**
 * Calls `visit(pointed, position)` for every element of an index tensor.
 *
 * `pointed` is where the element at `position` points: in a tensor that has `extent` elements along `axis` and is shaped
 * like the index elsewhere.
 */
function forEachIndexed(
  op: string,
  index: RefArray,
  axis: number,
  extent: number,
  visit: (pointed: number, position: number) => void,
): void {
  const inner = sizeOf(index.shape.slice(axis + 1));
  const line = index.shape[axis]! * inner;
  for (let position = 0; position < index.data.length; position++) {
    const at = index.data[position]!;
    if (!(at >= 0 && at < extent)) throw outOfRange(op, at, axis, extent);
    visit((Math.floor(position / line) * extent + at) * inner + (position % inner), position);
  }
}

function outOfRange(op: string, value: number, axis: number, extent: number): IndexError {
  return new IndexError(`${op}: index ${value} lies outside axis ${axis}, which has extent ${extent}`);
}

const gatherOp: Op<GatherAttrs> = defineOp<GatherAttrs>({
  name: "gather",
  shape: ([x, index], { axis }) => {
    requireInt32("gather", index!);
    if (!sameShape(index!.shape, x!.shape.with(axis, index!.shape[axis]!))) {
      throw new ShapeError(
        "gather",
        `the index must have the shape of x, except on axis ${axis}`,
        { x: x!.shape, index: index!.shape },
        "take() uses one list of indices for the whole axis",
      );
    }
    return { shape: index!.shape, dtype: x!.dtype };
  },
  reference: ([x, index], { axis }, out) => {
    forEachIndexed("gather", index!, axis, x!.shape[axis]!, (pointed, position) => {
      out.data[position] = x!.data[pointed]!;
    });
  },
  vjp: ({ inputs: [x, index], gradient, attrs: { axis } }) => [
    scatterAdd(gradient, index!, axis, x!.shape[axis]!),
    undefined,
  ],
  examples: (draw) => {
    const { shape, axis, count } = drawIndexed(draw);
    return {
      inputs: [{ shape }, { shape: shape.with(axis, count), dtype: "int32", range: [0, shape[axis]!] }],
      attrs: { axis },
    };
  },
});

const scatterAddOp: Op<ScatterAttrs> = defineOp<ScatterAttrs>({
  name: "scatterAdd",
  shape: ([source, index], { axis, size }) => {
    requireInt32("scatterAdd", index!);
    if (!sameShape(source!.shape, index!.shape)) {
      throw new ShapeError("scatterAdd", "source and index must have one shape", {
        source: source!.shape,
        index: index!.shape,
      });
    }
    return { shape: source!.shape.with(axis, size), dtype: source!.dtype };
  },
  reference: ([source, index], { axis, size }, out) => {
    forEachIndexed("scatterAdd", index!, axis, size, (pointed, position) => {
      out.data[pointed]! += source!.data[position]!;
    });
  },
  vjp: ({ inputs: [, index], gradient, attrs: { axis } }) => [gather(gradient, index!, axis), undefined],
  examples: (draw): Example<ScatterAttrs> => {
    const { shape, axis, count } = drawIndexed(draw);
    const given = shape.with(axis, count);
    return {
      inputs: [{ shape: given }, { shape: given, dtype: "int32", range: [0, shape[axis]!] }],
      attrs: { axis, size: shape[axis]! },
    };
  },
});

function drawIndexed(draw: Draw): { shape: number[]; axis: number; count: number } {
  const shape = draw.shape(draw.int(1, 3), 5);
  return { shape, axis: draw.int(0, shape.length - 1), count: draw.int(1, 6) };
}

function requireInt32(op: string, index: TensorSpec): void {
  if (index.dtype !== "int32") {
    throw new ShapeError(op, `indices must be int32, not ${index.dtype}`, { index: index.shape });
  }
}

function asIndex(op: string, x: Tensor, index: TensorLike): Tensor {
  const t = asTensor(index);
  if (t.rank !== x.rank) {
    throw new ShapeError(op, `the index has ${t.rank} axes and x has ${x.rank}`, {
      x: x.shape,
      index: t.shape,
    });
  }
  return t.dtype === "uint8" ? cast(t, "int32") : t;
}

/**
 * out[…, i, …] = x[…, index[…, i, …], …] along `axis`.
 *
 * @param index int32, of x's shape except on the axis.
 * @throws IndexError where an index lies outside the axis, when the result is computed.
 */
export function gather(x: TensorLike, index: TensorLike, axis: number): Tensor {
  const t = asTensor(x);
  return apply(gatherOp, [t, asIndex("gather", t, index)], { axis: normalizeAxis("gather", axis, t.rank) });
}

/**
 * out[…, index[…, i, …], …] += source[…, i, …] along `axis`, starting from zeros: the adjoint of {@link gather}.
 *
 * @param index int32, of the source's shape.
 * @param size extent of the result along the axis.
 * @throws IndexError where an index lies outside the axis, when the result is computed.
 */
export function scatterAdd(source: TensorLike, index: TensorLike, axis: number, size: number): Tensor {
  const t = asTensor(source);
  return apply(scatterAddOp, [t, asIndex("scatterAdd", t, index)], {
    axis: normalizeAxis("scatterAdd", axis, t.rank),
    size,
  });
}

/**
 * out[…, i, …] = x[…, indices[i], …] along `axis`.
 *
 * @param indices a vector; numbers are checked at once, a tensor's elements when the result is computed.
 * @throws IndexError where an index lies outside the axis.
 */
export function take(x: TensorLike, indices: TensorLike | readonly number[], axis = 0): Tensor {
  const t = asTensor(x);
  const at = normalizeAxis("take", axis, t.rank);
  const list = isTensorLike(indices) ? asTensor(indices) : constantIndices(indices, at, t.shape[at]!);
  if (list.rank !== 1) {
    throw new ShapeError("take", "the indices must be a vector", { x: t.shape, indices: list.shape });
  }
  const line = reshape(
    list,
    t.shape.map((_, a) => (a === at ? list.size : 1)),
  );
  return gather(t, expand(line, t.shape.with(at, list.size)), at);
}

function isTensorLike(x: TensorLike | readonly number[]): x is TensorLike {
  return x instanceof Tensor || x instanceof Variable;
}

function constantIndices(indices: readonly number[], axis: number, extent: number): Tensor {
  const bad = indices.find((i) => !(Number.isInteger(i) && i >= 0 && i < extent));
  if (bad !== undefined) throw outOfRange("take", bad, axis, extent);
  return tensor(Int32Array.from(indices));
}
