import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import { foldWindows } from "../../../ops/window.ts";
import type { NodeCall, Operator } from "../node-call.ts";
import { perAxis, sidesOf, split, windowsOf } from "./windows.ts";

const convs = [o.conv1d, o.conv2d, o.conv3d] as const;
const transposedConvs = [o.convTranspose1d, o.convTranspose2d, o.convTranspose3d] as const;

/** The function for a tensor's number of spatial axes. */
function byRank<T>(call: NodeCall, functions: readonly T[], x: Tensor): T {
  const fn = functions[x.rank - 3];
  if (!fn) throw call.fail(`an input with ${x.rank} axes is not supported: one to three must be spatial`);
  return fn;
}

/** The convolution that a node's attributes describe, of any operands. */
export function convolve(call: NodeCall, x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const conv = byRank(call, convs, x);
  const { stride, dilation, padding } = windowsOf(call, x.shape.slice(2), weight.shape.slice(2));
  return conv(x, weight, { bias, stride, dilation, padding, groups: call.int("group", 1) });
}

function convTranspose(call: NodeCall): Tensor {
  const [x, weight, bias] = [call.tensor(0), call.tensor(1), call.optional(2)];
  const conv = byRank(call, transposedConvs, x);
  const [extent, kernel] = [x.shape.slice(2), weight.shape.slice(2)];
  const rank = extent.length;
  const stride = perAxis(call, "strides", rank);
  const dilation = perAxis(call, "dilations", rank);
  const outputPadding = call.ints("output_padding") ?? new Array<number>(rank).fill(0);
  const auto = call.oneOf("auto_pad", ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"], "NOTSET");
  const wanted = call.ints("output_shape")?.slice(-rank);
  const size = wanted ?? (auto.startsWith("SAME") ? extent.map((n, a) => n * stride[a]!) : undefined);
  let padding = sidesOf(call, auto === "VALID" ? undefined : call.ints("pads"), rank);
  if (size) {
    const excess = extent.map((n, a) => {
      const whole = (n - 1) * stride[a]! + dilation[a]! * (kernel[a]! - 1) + 1;
      return whole + outputPadding[a]! - size[a]!;
    });
    excess.forEach((n, a) => {
      outputPadding[a]! += Math.max(0, -n);
    });
    padding = excess.map((n) => split(Math.max(0, n), auto === "SAME_UPPER"));
  }
  return conv(x, weight, { bias, stride, dilation, padding, outputPadding, groups: call.int("group", 1) });
}

/** Adds up overlapping windows: x [N, C · kernel, windows] → [N, C, ...extent]. */
function columnsToImage(call: NodeCall): Tensor {
  const x = call.tensor(0);
  const extent = call.numbers(1, "the image's shape");
  const kernel = call.numbers(2, "the block's shape");
  const { stride, dilation, padding, size } = windowsOf(call, extent, kernel);
  const apart = o.reshape(x, [x.shape[0]!, -1, ...kernel, ...size]);
  const rank = kernel.length;
  const order = [0, 1, ...size.map((_, a) => 2 + rank + a), ...kernel.map((_, a) => 2 + a)];
  return foldWindows(o.permute(apart, order), { kernel, stride, dilation, padding, size, extent, fill: 0 });
}

/**
 * Convolution that reads between the elements, at places moved by offsets (Dai et al. 2017; with masks Zhu et al. 2019):
 * offsets [N, groups · taps · 2, H, W], mask [N, groups · taps, H, W].
 */
function deformedConvolution(call: NodeCall): Tensor {
  const [x, weight, offset] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const [bias, mask] = [call.optional(3), call.optional(4)];
  if (x.rank !== 4) throw call.fail(`an input with ${x.rank} axes is not supported: two must be spatial`);
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  const kernel = weight.shape.slice(2);
  const { stride, dilation, padding, size } = windowsOf(call, [height, width], kernel);
  const taps = kernel[0]! * kernel[1]!;
  const windows = size[0]! * size[1]!;
  const parts = call.int("offset_group", 1);
  const offsets = o.reshape(offset, [n, parts, taps, 2, windows]);
  // Where each tap of each window lies without an offset, [taps, windows].
  const place = (axis: 0 | 1): Tensor => {
    const along = (count: number, position: number, step: number): Tensor =>
      o.reshape(o.mul(o.iota(count), step), [1, 1, 1, 1].with(position, count));
    const start = along(size[axis]!, 2 + axis, stride[axis]!);
    const tap = along(kernel[axis]!, axis, dilation[axis]!);
    const both = o.sub(o.add(start, tap), padding[axis]![0]);
    return o.reshape(o.expand(both, [...kernel, ...size]), [1, 1, taps, windows]);
  };
  const at = (axis: 0 | 1): Tensor => {
    const moved = o.squeeze(o.narrow(offsets, 3, axis, axis + 1), 3);
    return o.reshape(o.add(moved, o.cast(place(axis), "float32")), [n, parts, 1, taps * windows]);
  };
  const image = o.reshape(x, [n, parts, channels / parts, height * width]);
  let columns = bilinear(image, [height, width], at(0), at(1));
  if (mask) columns = o.mul(columns, o.reshape(mask, [n, parts, 1, taps * windows]));
  const groups = call.int("group", 1);
  const rows = o.reshape(columns, [n, groups, (channels / groups) * taps, windows]);
  const filters = o.reshape(weight, [1, groups, weight.shape[0]! / groups, (channels / groups) * taps]);
  const y = o.reshape(o.matmul(filters, rows), [n, weight.shape[0]!, ...size]);
  return bias ? o.add(y, o.reshape(bias, [bias.size, 1, 1])) : y;
}

/** Elements of images [..., H · W] at places between them, weighted by nearness; zeros lie around an image. */
function bilinear(image: Tensor, [height, width]: readonly [number, number], y: Tensor, x: Tensor): Tensor {
  const [top, left] = [o.floor(y), o.floor(x)];
  const [down, right] = [o.sub(y, top), o.sub(x, left)];
  const corner = (i: number, j: number): Tensor => {
    const [row, column] = [o.add(top, i), o.add(left, j)];
    const inside = o.logicalAnd(
      o.logicalAnd(o.greaterEqual(row, 0), o.less(row, height)),
      o.logicalAnd(o.greaterEqual(column, 0), o.less(column, width)),
    );
    const position = o.where(inside, o.add(o.mul(row, width), column), 0);
    const shape = [...image.shape.slice(0, -1), y.shape.at(-1)!];
    const found = o.gather(image, o.expand(o.cast(position, "int32"), shape), -1);
    const share = o.mul(i === 1 ? down : o.sub(1, down), j === 1 ? right : o.sub(1, right));
    return o.mul(found, o.where(inside, share, 0));
  };
  return o.add(o.add(corner(0, 0), corner(0, 1)), o.add(corner(1, 0), corner(1, 1)));
}

export const convolutionOperators: Readonly<Record<string, Operator>> = {
  Conv: (call) => convolve(call, call.tensor(0), call.tensor(1), call.optional(2)),
  ConvTranspose: convTranspose,
  Col2Im: columnsToImage,
  DeformConv: deformedConvolution,
};
