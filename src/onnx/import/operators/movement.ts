import { sizeOf } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import type { NodeCall, Operator } from "../node-call.ts";
import { requireShape } from "./shapes.ts";

function reshape(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const given = call.version < 5 ? call.ints("shape") : call.numbers(1, "the shape");
  if (!given) throw call.fail("no shape is given");
  const keepZeros = call.int("allowzero", 0) === 1;
  const shape = given.map((extent, axis) => (extent === 0 && !keepZeros ? (x.shape[axis] ?? 0) : extent));
  if (shape.filter((extent) => extent === -1).length > 1) {
    throw call.fail(`the shape [${given.join(", ")}] leaves more than one extent open`);
  }
  return o.reshape(x, withBatch(call, x, shape));
}

/** A shape that was written out for the file's own batch, for as many times that batch as is given. */
function withBatch({ batchFactor }: NodeCall, x: Tensor, shape: readonly number[]): readonly number[] {
  if (batchFactor === 1 || shape.includes(-1) || x.size !== sizeOf(shape) * batchFactor) return shape;
  return x.shape[0]! % batchFactor === 0 ? [shape[0]! * batchFactor, ...shape.slice(1)] : shape;
}

function flatten(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const axis = call.int("axis", 1);
  const at = axis < 0 ? axis + x.rank : axis;
  if (at < 0 || at > x.rank) throw call.fail(`axis ${axis} does not exist in a tensor with ${x.rank} axes`);
  return o.reshape(x, [sizeOf(x.shape.slice(0, at)), sizeOf(x.shape.slice(at))]);
}

function squeeze(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const axes = call.version < 13 ? call.ints("axes") : call.optionalNumbers(1, "axes");
  return o.squeeze(x, axes && call.axes(axes, x.rank));
}

function unsqueeze(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const axes = call.version < 13 ? call.ints("axes") : call.numbers(1, "axes");
  if (!axes) throw call.fail("no axes are given");
  const at = call.axes(axes, x.rank + axes.length);
  const shape: number[] = [];
  const rest = [...x.shape];
  for (let axis = 0; axis < x.rank + axes.length; axis++) shape.push(at.includes(axis) ? 1 : rest.shift()!);
  return o.reshape(x, shape);
}

function transpose(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const order = call.ints("perm") ?? x.shape.map((_, axis) => x.rank - 1 - axis);
  return o.permute(x, order);
}

function concat(call: NodeCall): Tensor {
  const tensors = call.tensors();
  const axis = call.int("axis") ?? (call.version < 4 ? 1 : undefined);
  if (axis === undefined || tensors.length === 0) throw call.fail("it needs an axis and tensors");
  return o.concat(tensors, axis);
}

function split(call: NodeCall): Tensor[] {
  const x = call.tensor(0);
  const axis = call.axis(call.int("axis", 0), x.rank);
  const extent = x.shape[axis]!;
  const given = call.version < 13 ? call.ints("split") : call.optionalNumbers(1, "split");
  const count = call.int("num_outputs", call.node.outputs.length);
  const size = Math.ceil(extent / count);
  const sizes =
    given ?? Array.from({ length: count }, (_, i) => Math.min(size, Math.max(0, extent - i * size)));
  if (sizes.some((n) => n < 0) || sizes.reduce((a, b) => a + b, 0) !== extent) {
    throw call.fail(`parts of [${sizes.join(", ")}] do not make up axis ${axis} with ${extent} elements`);
  }
  let start = 0;
  return sizes.map((n) => o.narrow(x, axis, start, (start += n)));
}

function slice(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const old = call.version < 10;
  const starts = old ? call.ints("starts") : call.numbers(1, "starts");
  const ends = old ? call.ints("ends") : call.numbers(2, "ends");
  if (!starts || !ends || starts.length !== ends.length) throw call.fail("starts and ends do not fit");
  const named = (old ? call.ints("axes") : call.optionalNumbers(3, "axes")) ?? starts.map((_, i) => i);
  const axes = call.axes(named, x.rank);
  const steps = old ? undefined : call.optionalNumbers(4, "steps");
  return o.slice(
    x,
    x.shape.map((extent, axis) => {
      const i = axes.indexOf(axis);
      if (i < 0) return null;
      const step = steps?.[i] ?? 1;
      const end = ends[i]!;
      // Towards the front, an end before the first element takes that as well.
      const all = step < 0 && end < -extent;
      return { start: starts[i]!, step, ...(all ? {} : { end }) };
    }),
  );
}

/** An extent of 1 stretches, on either side. */
function expand(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const to = requireShape(call, call.numbers(1, "the shape"));
  const rank = Math.max(x.rank, to.length);
  const at = (shape: readonly number[], axis: number): number => shape[axis - rank + shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) => {
    const [from, wanted] = [at(x.shape, axis), at(to, axis)];
    return wanted === 1 ? from : wanted;
  });
  return o.expand(x, shape);
}

function tile(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const repeats = call.version < 6 ? undefined : call.numbers(1, "repeats");
  if (repeats?.length !== x.rank) throw call.fail(`there must be a repeat for each of ${x.rank} axes`);
  requireShape(
    call,
    x.shape.map((extent, axis) => extent * repeats[axis]!),
  );
  const apart = x.shape.flatMap((extent) => [1, extent]);
  const wide = x.shape.flatMap((extent, axis) => [repeats[axis]!, extent]);
  return o.reshape(
    o.expand(o.reshape(x, apart), wide),
    x.shape.map((extent, axis) => extent * repeats[axis]!),
  );
}

const padModes = { constant: "constant", reflect: "reflect", edge: "replicate", wrap: "circular" } as const;

function pad(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const old = call.version < 11;
  const pads = old ? (call.ints("pads") ?? call.ints("paddings")) : call.numbers(1, "pads");
  const given = old ? undefined : call.optionalNumbers(3, "axes");
  const axes = given ? call.axes(given, x.rank) : x.shape.map((_, axis) => axis);
  if (pads?.length !== 2 * axes.length)
    throw call.fail(`there must be two pads for each of ${axes.length} axes`);
  const widths = x.shape.flatMap((_, axis) => {
    const i = axes.indexOf(axis);
    return [i < 0 ? [0, 0] : [pads[i]!, pads[axes.length + i]!]];
  });
  const mode = padModes[call.oneOf("mode", ["constant", "reflect", "edge", "wrap"], "constant")];
  const last = widths.toReversed().flat();
  if (mode !== "constant") return o.pad(x, last, { mode });
  const value = old ? call.float("value", 0) : call.has(2) ? call.number(2, "the padding's value") : 0;
  return o.pad(x, last, { value });
}

/** Crops or pads axes, evenly on both sides, to given extents. */
function centerCropPad(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const sizes = call.numbers(1, "the shape");
  const axes = call.axes(call.ints("axes") ?? x.shape.map((_, axis) => axis), x.rank);
  return axes.reduce((y, axis, i) => {
    const [extent, size] = [y.shape[axis]!, sizes[i]!];
    if (size <= extent) {
      const start = Math.floor((extent - size) / 2);
      return o.narrow(y, axis, start, start + size);
    }
    const low = Math.floor((size - extent) / 2);
    const widths = y.shape.map((_, a) => (a === axis ? [low, size - extent - low] : [0, 0]));
    return o.pad(y, widths.toReversed().flat());
  }, x);
}

/** Blocks of channels become blocks of positions, channels inside (DCR) or outside (CRD). */
function depthToSpace(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const block = call.int("blocksize") ?? 0;
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const inner = c / (block * block);
  if (x.rank !== 4 || !Number.isInteger(inner))
    throw call.fail(`[${x.shape.join(", ")}] has no blocks of ${block}`);
  const columnsFirst = call.oneOf("mode", ["DCR", "CRD"], "DCR") === "CRD";
  const apart = o.reshape(x, columnsFirst ? [n, inner, block, block, h, w] : [n, block, block, inner, h, w]);
  const order = columnsFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  return o.reshape(o.permute(apart, order), [n, inner, h * block, w * block]);
}

function spaceToDepth(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const block = call.int("blocksize") ?? 0;
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [down, across] = [h / block, w / block];
  if (x.rank !== 4 || !Number.isInteger(down) || !Number.isInteger(across)) {
    throw call.fail(`[${x.shape.join(", ")}] has no blocks of ${block}`);
  }
  const apart = o.reshape(x, [n, c, down, block, across, block]);
  return o.reshape(o.permute(apart, [0, 3, 5, 1, 2, 4]), [n, c * block * block, down, across]);
}

/** Reverses the beginnings of sequences, each of its own length. */
function reverseSequence(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const [time, batch] = [call.int("time_axis", 0), call.int("batch_axis", 1)];
  const along = (axis: number): number[] => x.shape.map((n, a) => (a === axis ? n : 1));
  const lengths = o.reshape(call.tensor(1), along(batch));
  const position = o.reshape(o.iota(x.shape[time]!), along(time));
  const from = o.where(o.less(position, lengths), o.sub(o.sub(lengths, 1), position), position);
  return o.gather(x, o.expand(from, x.shape), time);
}

export const movementOperators: Readonly<Record<string, Operator>> = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Expand: expand,
  Tile: tile,
  Pad: pad,
  CenterCropPad: centerCropPad,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  ReverseSequence: reverseSequence,
};
