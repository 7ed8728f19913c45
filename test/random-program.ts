import type { Draw } from "../src/core/draw.ts";
import { sizeOf } from "../src/core/shape.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import * as ops from "../src/ops/index.ts";
import { padConstant } from "../src/ops/movement.ts";
import { Operands } from "./agreement.ts";

const largest = 1500;

/** One step: makes a tensor of one that is there, or nothing where it does not apply. */
type Step = (x: Tensor, o: Operands, inputs: Tensor[]) => Tensor | undefined;

const axisOf = (x: Tensor, draw: Draw): number => draw.int(0, x.rank - 1);

/** Random extents with a given product. */
function factors(size: number, draw: Draw): number[] {
  const shape: number[] = [];
  let left = size;
  while (left > 1 && shape.length < 4) {
    const divisors = Array.from({ length: left }, (_, i) => i + 1).filter((d) => left % d === 0);
    const extent = shape.length === 3 ? left : draw.pick(divisors);
    shape.push(extent);
    left /= extent;
  }
  if (left > 1) shape[shape.length - 1]! *= left;
  return shape;
}

function input(o: Operands, inputs: Tensor[], shape: readonly number[]): Tensor {
  const made = o.float(shape);
  inputs.push(made);
  return made;
}

const steps: Readonly<Record<string, Step>> = {
  tanh: (x) => ops.tanh(x),
  sigmoid: (x) => ops.sigmoid(x),
  sin: (x) => ops.sin(ops.mul(x, 2)),
  relu: (x) => ops.relu(x),
  gelu: (x) => ops.gelu(x),
  square: (x) => ops.mul(ops.tanh(x), x),
  scaled: (x, { draw }) => ops.add(ops.mul(x, draw.float(-1, 1)), draw.float(-1, 1)),
  withInput: (x, o, inputs) => {
    const shape = x.shape.map((extent) => (o.draw.bool(0.3) ? 1 : extent));
    const other = input(o, inputs, shape);
    return o.draw.pick([ops.add, ops.sub, ops.mul, ops.maximum, ops.minimum])(x, other);
  },
  chosen: (x, o, inputs) => {
    const other = input(o, inputs, x.shape);
    return ops.where(ops.less(other, 0.1), ops.tanh(x), other);
  },
  reshaped: (x, { draw }) => ops.reshape(x, factors(x.size, draw)),
  permuted: (x, { draw }) => {
    const order = x.shape.map((_, axis) => axis).sort(() => draw.unit() - 0.5);
    return x.rank > 1 ? ops.permute(x, order) : undefined;
  },
  sliced: (x, { draw }) =>
    x.rank === 0
      ? undefined
      : ops.slice(
          x,
          x.shape.map((extent) => {
            if (draw.bool()) return null;
            const start = draw.int(0, extent - 1);
            return { start, step: draw.pick([1, 2, -1, -2]) };
          }),
        ),
  flipped: (x, { draw }) => (x.rank === 0 ? undefined : ops.flip(x, axisOf(x, draw))),
  padded: (x, { draw }) => {
    const some = (most: number): number[] => x.shape.map(() => draw.int(0, most));
    return x.rank === 0
      ? undefined
      : padConstant(x, { low: some(2), high: some(2), interior: some(1), value: draw.pick([0, 0.5]) });
  },
  mirrored: (x, { draw }) => {
    const last = x.shape.at(-1) ?? 0;
    return x.rank < 2 || last < 3
      ? undefined
      : ops.pad(x, [2, 1], { mode: draw.pick(["reflect", "replicate", "circular"] as const) });
  },
  doubled: (x, { draw }) =>
    x.rank === 0 ? undefined : ops.concat([x, ops.neg(x), ops.tanh(x)], axisOf(x, draw)),
  stacked: (x, { draw }) => (x.rank > 3 ? undefined : ops.stack([x, ops.mul(x, 0.5)], draw.int(0, x.rank))),
  expanded: (x, { draw }) => {
    const axis = draw.int(0, x.rank);
    return x.rank > 3
      ? undefined
      : ops.expand(ops.unsqueeze(x, axis), x.shape.toSpliced(axis, 0, draw.int(1, 4)));
  },
  taken: (x, { draw }) => {
    if (x.rank === 0) return undefined;
    const axis = axisOf(x, draw);
    const indices = Int32Array.from({ length: draw.int(1, 6) }, () => draw.int(0, x.shape[axis]! - 1));
    return ops.take(x, tensor(indices), axis);
  },
  gathered: (x, o) => {
    if (x.rank === 0) return undefined;
    const axis = axisOf(x, o.draw);
    return ops.gather(x, o.whole(x.shape.with(axis, o.draw.int(1, 5)), "int32", 0, x.shape[axis]!), axis);
  },
  scattered: (x, o) => {
    if (x.rank === 0) return undefined;
    const size = o.draw.int(1, 5);
    return ops.scatterAdd(x, o.whole(x.shape, "int32", 0, size), axisOf(x, o.draw), size);
  },
  picked: (x, { draw }) => {
    if (x.rank === 0) return undefined;
    const axis = axisOf(x, draw);
    return ops.gather(ops.tanh(x), ops.argmax(x, axis, { keepDims: true }), axis);
  },
  reduced: (x, { draw }) => {
    const axes = x.shape.map((_, axis) => axis).filter(() => draw.bool(0.4));
    return draw.pick([ops.mean, ops.mean, ops.max, ops.min])(x, axes, { keepDims: draw.bool() });
  },
  softmax: (x, { draw }) => (x.rank === 0 ? undefined : ops.softmax(ops.mul(x, 2), axisOf(x, draw))),
  centered: (x, { draw }) =>
    x.rank === 0 ? undefined : ops.sub(x, ops.mean(x, axisOf(x, draw), { keepDims: true })),
  standardized: (x) =>
    x.rank < 2 || x.shape.at(-1)! < 2 ? undefined : ops.layerNorm(x, x.shape.slice(-1), { eps: 0.1 }),
  multiplied: (x, o, inputs) => {
    const last = x.shape.at(-1);
    if (last === undefined) return undefined;
    return ops.mul(ops.matmul(x, input(o, inputs, [last, o.draw.int(1, 9)])), 1 / Math.sqrt(last));
  },
  convolved: (x, o, inputs) => {
    if (x.rank < 3) return undefined;
    const [channels, ...extents] = x.shape.slice(1);
    const size = o.draw.int(1, 3);
    const groups = o.draw.bool(0.3) ? channels! : 1;
    const weight = input(o, inputs, [
      groups * o.draw.int(1, 3),
      channels! / groups,
      ...extents.map(() => size),
    ]);
    const convolve = extents.length === 1 ? ops.conv1d : ops.conv2d;
    return ops.mul(convolve(x, weight, { padding: size - 1, stride: o.draw.int(1, 2), groups }), 0.3);
  },
  pooled: (x, { draw }) => {
    if (x.rank < 3 || x.shape.slice(2).some((extent) => extent < 3)) return undefined;
    const options = { stride: draw.int(1, 3), padding: draw.int(0, 1) };
    if (x.rank === 3) return draw.bool() ? ops.maxPool1d(x, 3, options) : ops.avgPool1d(x, 3, options);
    return draw.bool() ? ops.maxPool2d(x, 3, options) : ops.avgPool2d(x, 3, options);
  },
  resized: (x, { draw }) =>
    x.rank === 4
      ? ops.interpolate(x, {
          size: [draw.int(1, 7), draw.int(1, 7)],
          mode: draw.pick(["nearest", "bilinear"] as const),
        })
      : undefined,
};

export interface Made {
  readonly results: readonly Tensor[];
  readonly story: string;
}

/** A program that follows from a seed: its results, gradients with respect to all inputs, and what was done. */
export function makeProgram(seed: number): Made {
  const o = new Operands(seed);
  const { draw } = o;
  const inputs: Tensor[] = [];
  const there = [input(o, inputs, draw.shape(draw.int(1, 4), 7))];
  const story = [there[0]!.shape.join("×")];
  const names = Object.keys(steps);
  const count = draw.int(3, 12);
  while (there.length <= count) {
    const name = draw.pick(names);
    const from = draw.bool(0.75) ? there.length - 1 : draw.int(0, there.length - 1);
    const before = inputs.length;
    const made = steps[name]!(there[from]!, o, inputs);
    if (!made || made.size > largest || sizeOf(made.shape) === 0 || made.rank > 4) {
      inputs.length = before;
      continue;
    }
    there.push(made);
    story.push(`${there.length - 1}: ${name} of ${from} → ${made.shape.join("×")}`);
  }
  const output = there.at(-1)!;
  // Values that come to the host are not fused away, so mostly only the last one does.
  const inner = draw.bool(0.2) ? there.slice(1, -1) : [];
  return { results: [...o.withGradients(output, inputs), ...inner], story: story.join("\n") };
}
