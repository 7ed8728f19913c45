import { sizeOf, stridesOf } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import type { NodeCall, Operator } from "../node-call.ts";
import { roundHalfEven } from "./elementwise.ts";

type Padding = "zeros" | "border" | "reflection";

type Mode = "nearest" | "linear" | "cubic";

/** How positions on one axis are read. */
interface Axis {
  readonly extent: number;
  readonly padding: Padding;
  /** Where the axis ends for reflection. */
  readonly low: number;
  readonly high: number;
}

/** Mirrors positions at both ends as often as it takes. */
function reflect(x: Tensor, { low, high }: Axis): Tensor {
  const length = high - low;
  if (length === 0) return o.full(x.shape, low);
  const away = o.abs(o.sub(x, low));
  const turn = o.sub(away, o.mul(o.floor(o.div(away, 2 * length)), 2 * length));
  return o.add(o.where(o.greater(turn, length), o.sub(2 * length, turn), turn), low);
}

/** A neighbour on one axis: its element, its weight, and with zeros around whether it is one. */
interface Neighbour {
  readonly at: Tensor;
  readonly weight: Tensor | undefined;
}

/** The neighbours of positions on one axis. */
function neighbours(position: Tensor, axis: Axis, mode: Mode): Neighbour[] {
  const start = mode === "nearest" ? roundHalfEven(position) : position;
  const x = axis.padding === "reflection" ? reflect(start, axis) : start;
  if (mode === "nearest") return [{ at: roundHalfEven(x), weight: undefined }];
  const base = o.floor(x);
  const rest = o.sub(x, base);
  if (mode === "linear") {
    return [
      { at: base, weight: o.sub(1, rest) },
      { at: o.add(base, 1), weight: rest },
    ];
  }
  return [-1, 0, 1, 2].map((tap) => ({ at: o.add(base, tap), weight: cubicWeight(o.abs(o.sub(rest, tap))) }));
}

/** Keys (1981), Cubic convolution interpolation, with a = −0.75. */
function cubicWeight(d: Tensor): Tensor {
  const a = -0.75;
  const near = o.add(o.mul(o.sub(o.mul(d, a + 2), a + 3), o.square(d)), 1);
  const far = o.mul(o.sub(o.mul(o.add(o.mul(o.sub(d, 5), d), 8), d), 4), a);
  return o.where(o.lessEqual(d, 1), near, far);
}

/** x [N, C, ...S] read at positions [N, P] of each spatial axis → [N, C, P]. */
function sampled(x: Tensor, positions: readonly Tensor[], axes: readonly Axis[], mode: Mode): Tensor {
  const [n, channels] = x.shape as [number, number];
  const flat = o.reshape(x, [n, channels, sizeOf(x.shape.slice(2))]);
  const strides = stridesOf(axes.map(({ extent }) => extent));
  const perAxis = positions.map((position, a) => neighbours(position, axes[a]!, mode));
  const read = (chosen: readonly Neighbour[]): Tensor => {
    let [index, weight]: [Tensor | undefined, Tensor | undefined] = [undefined, undefined];
    chosen.forEach((neighbour, a) => {
      const axis = axes[a]!;
      const at = axis.padding === "reflection" ? roundHalfEven(reflect(neighbour.at, axis)) : neighbour.at;
      const element = o.clamp(at, 0, axis.extent - 1);
      const part = o.mul(element, strides[a]!);
      index = index ? o.add(index, part) : part;
      const inside = axis.padding === "zeros" ? o.cast(o.equal(element, at), "float32") : undefined;
      for (const factor of [neighbour.weight, inside]) {
        if (factor) weight = weight ? o.mul(weight, factor) : factor;
      }
    });
    const positionsInAll = o.expand(o.unsqueeze(o.cast(index!, "int32"), 1), [n, channels, index!.shape[1]!]);
    const found = o.gather(flat, positionsInAll, 2);
    return weight ? o.mul(found, o.unsqueeze(weight, 1)) : found;
  };
  const combinations = perAxis.reduce<Neighbour[][]>(
    (lists, list) => lists.flatMap((before) => list.map((next) => [...before, next])),
    [[]],
  );
  return combinations.map(read).reduce((a, b) => o.add(a, b));
}

/** Reads x [N, C, ...S] where a grid [N, ...out, rank] says, in [−1, 1] with the last axis first → [N, C, ...out]. */
function gridSample(call: NodeCall): Tensor {
  const [x, grid] = [call.tensor(0), call.tensor(1)];
  const extents = x.shape.slice(2);
  const name = call.oneOf("mode", ["linear", "bilinear", "cubic", "bicubic", "nearest"], "linear");
  const mode = name === "nearest" ? "nearest" : name.endsWith("cubic") ? "cubic" : "linear";
  const padding = call.oneOf("padding_mode", ["zeros", "border", "reflection"], "zeros");
  const corners = call.int("align_corners", 0) === 1;
  const out = grid.shape.slice(1, -1);
  if (grid.shape.at(-1) !== extents.length) {
    throw call.fail(`the grid has ${grid.shape.at(-1)} coordinates for ${extents.length} axes`);
  }
  const positions = extents.map((extent, a) => {
    const k = extents.length - 1 - a;
    const coordinate = o.reshape(o.narrow(grid, grid.rank - 1, k, k + 1), [grid.shape[0]!, sizeOf(out)]);
    const fromEnd = o.add(coordinate, 1);
    return corners ? o.mul(fromEnd, (extent - 1) / 2) : o.mul(o.sub(o.mul(fromEnd, extent), 1), 0.5);
  });
  const axes = extents.map((extent): Axis => {
    return { extent, padding, low: corners ? 0 : -0.5, high: corners ? extent - 1 : extent - 0.5 };
  });
  return o.reshape(sampled(x, positions, axes, mode), [...x.shape.slice(0, 2), ...out]);
}

/** The grid that affine maps [N, r, r + 1] make of the positions of an image: [N, ...S, r]. */
function affineGrid(call: NodeCall): Tensor {
  const theta = call.tensor(0);
  const [n, , ...extents] = call.numbers(1, "the size") as [number, number, ...number[]];
  const corners = call.int("align_corners", 0) === 1;
  const count = sizeOf(extents);
  const coordinates = extents.map((extent, axis) => {
    const at = Array.from({ length: extent }, (_, i) => {
      if (!corners) return (2 * i + 1) / extent - 1;
      return extent === 1 ? -1 : (2 * i) / (extent - 1) - 1;
    });
    const line = o.reshape(
      o.constant(at, [extent]),
      extents.map((_, a) => (a === axis ? extent : 1)),
    );
    return o.reshape(o.expand(line, extents), [1, count]);
  });
  const points = o.concat([...coordinates.toReversed(), o.ones([1, count])], 0);
  const moved = o.matmul(theta, o.expand(points, [n, extents.length + 1, count]));
  return o.reshape(o.transpose(moved, 1, 2), [n, ...extents, extents.length]);
}

export const samplingOperators: Readonly<Record<string, Operator>> = {
  GridSample: gridSample,
  AffineGrid: affineGrid,
};
