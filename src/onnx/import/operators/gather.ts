import { isFloating } from "../../../core/dtype.ts";
import { sizeOf, stridesOf } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import type { NodeCall, Operator } from "../node-call.ts";
import { int32Range } from "./activations.ts";

/** Indices that may count from the end, counted from the front. */
function fromFront(indices: Tensor, extent: number): Tensor {
  return o.where(o.less(indices, 0), o.add(indices, extent), indices);
}

/** Whole slices along an axis; the indices' axes take its place. */
function gather(call: NodeCall): Tensor {
  const [x, indices] = [call.tensor(0), call.tensor(1)];
  const axis = call.axis(call.int("axis", 0), x.rank);
  const list = fromFront(o.reshape(indices, [indices.size]), x.shape[axis]!);
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return o.reshape(o.take(x, list, axis), shape);
}

/** x cut to the indices' extents beside `axis`, as far as they reach. */
function cutTo(x: Tensor, indices: Tensor, axis: number): Tensor {
  return o.slice(
    x,
    x.shape.map((_, a) => (a === axis ? null : { start: 0, end: indices.shape[a]! })),
  );
}

function gatherElements(call: NodeCall): Tensor {
  const [x, indices] = [call.tensor(0), call.tensor(1)];
  const axis = call.axis(call.int("axis", 0), x.rank);
  return o.gather(cutTo(x, indices, axis), fromFront(indices, x.shape[axis]!), axis);
}

/** Positions in the flattened axes `extents` that the last axis of `indices` names, one coordinate an element. */
function flatPositions(indices: Tensor, extents: readonly number[]): Tensor {
  const last = indices.rank - 1;
  const strides = stridesOf(extents);
  const coordinates = extents.map((extent, k) => {
    const along = o.reshape(o.narrow(indices, last, k, k + 1), indices.shape.slice(0, -1));
    return o.mul(fromFront(along, extent), strides[k]!);
  });
  return coordinates.reduce((a, b) => o.add(a, b), o.zeros(indices.shape.slice(0, -1), "int32"));
}

function gatherNd(call: NodeCall): Tensor {
  const [x, indices] = [call.tensor(0), call.tensor(1)];
  const batchDims = call.int("batch_dims", 0);
  const depth = indices.shape.at(-1) ?? 0;
  const batch = sizeOf(x.shape.slice(0, batchDims));
  const extents = x.shape.slice(batchDims, batchDims + depth);
  if (extents.length !== depth) throw call.fail(`indices of ${depth} coordinates are too many`);
  const rest = x.shape.slice(batchDims + depth);
  const positions = o.reshape(flatPositions(indices, extents), [batch, -1]);
  const inBatch = o.add(positions, o.reshape(o.mul(o.iota(batch), sizeOf(extents)), [batch, 1]));
  const rows = o.reshape(x, [batch * sizeOf(extents), sizeOf(rest)]);
  const found = o.take(rows, o.reshape(inBatch, [inBatch.size]), 0);
  return o.reshape(found, [...indices.shape.slice(0, -1), ...rest]);
}

type Scattering = "none" | "add" | "mul" | "max" | "min";

/**
 * Puts updates into lines of x: x [lines, n], updates and positions [lines, m].
 *
 * Sums are scattered; the others compare every position with every index.
 */
function scatterInto(x: Tensor, positions: Tensor, updates: Tensor, reduction: Scattering): Tensor {
  const [, extent] = x.shape as [number, number];
  if (positions.size === 0) return x;
  if (reduction === "add") return o.add(x, o.scatterAdd(updates, positions, 1, extent));
  if (reduction === "none") {
    const marks = o.scatterAdd(o.ones(positions.shape, "int32"), positions, 1, extent);
    const chosen =
      isFloating(updates.dtype) || updates.dtype === "int32" ? updates : o.cast(updates, "int32");
    return o.where(o.greater(marks, 0), o.cast(o.scatterAdd(chosen, positions, 1, extent), x.dtype), x);
  }
  const hit = o.equal(o.unsqueeze(positions, 1), o.reshape(o.iota(extent), [1, extent, 1]));
  const candidates = o.unsqueeze(updates, 1);
  if (reduction === "mul") {
    let result = x;
    for (let i = 0; i < updates.shape[1]!; i++) {
      const factor = o.where(o.narrow(hit, 2, i, i + 1), o.narrow(candidates, 2, i, i + 1), 1);
      result = o.mul(result, o.cast(o.squeeze(factor, 2), x.dtype));
    }
    return result;
  }
  const real = isFloating(x.dtype);
  if (reduction === "max") {
    const lowest = real ? Number.NEGATIVE_INFINITY : int32Range[0];
    return o.maximum(x, o.max(o.where(hit, candidates, lowest), 2));
  }
  return o.minimum(x, o.min(o.where(hit, candidates, real ? Number.POSITIVE_INFINITY : int32Range[1]), 2));
}

function reductionOf(call: NodeCall): Scattering {
  return call.oneOf("reduction", ["none", "add", "mul", "max", "min"], "none");
}

function scatterElements(call: NodeCall): Tensor {
  const [x, indices, updates] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const axis = call.axis(call.int("axis", 0), x.rank);
  // Positions in the whole of x, so that indices may be shorter than x on other axes too.
  const strides = stridesOf(x.shape);
  const coordinates = x.shape.map((extent, a) => {
    if (a === axis) return o.mul(fromFront(indices, extent), strides[a]!);
    const line = indices.shape.map((n, b) => (b === a ? n : 1));
    return o.mul(o.reshape(o.iota(indices.shape[a]!), line), strides[a]!);
  });
  const positions = coordinates.reduce((a, b) => o.add(a, b));
  const flat = (t: Tensor): Tensor => o.reshape(t, [1, t.size]);
  return o.reshape(scatterInto(flat(x), flat(positions), flat(updates), reductionOf(call)), x.shape);
}

function scatterNd(call: NodeCall): Tensor {
  const [x, indices, updates] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const depth = indices.shape.at(-1) ?? 0;
  const inner = sizeOf(x.shape.slice(depth));
  const starts = o.reshape(o.mul(flatPositions(indices, x.shape.slice(0, depth)), inner), [-1, 1]);
  const positions = o.reshape(o.add(starts, o.iota(inner)), [1, -1]);
  const line = o.reshape(x, [1, x.size]);
  return o.reshape(scatterInto(line, positions, o.reshape(updates, [1, -1]), reductionOf(call)), x.shape);
}

/** The slices, or elements, for which a condition holds, which must be known. */
function compress(call: NodeCall): Tensor {
  const [given, axis] = [call.tensor(0), call.int("axis")];
  const chosen = call.numbers(1, "the condition").flatMap((holds, i) => (holds === 0 ? [] : [i]));
  const x = axis === undefined ? o.reshape(given, [given.size]) : given;
  return o.take(x, chosen, axis === undefined ? 0 : call.axis(axis, x.rank));
}

export const gatherOperators: Readonly<Record<string, Operator>> = {
  Compress: compress,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
};
