import type { Sides } from "../../../ops/index.ts";
import type { NodeCall } from "../node-call.ts";

/** How an operator's windows lie over the spatial axes. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly Sides[];
  /** Number of windows along each axis. */
  readonly size: readonly number[];
}

/** Pads as ONNX lists them, all beginnings and then all ends, by axis. */
export function sidesOf(call: NodeCall, pads: readonly number[] | undefined, rank: number): Sides[] {
  if (!pads) return new Array<Sides>(rank).fill([0, 0]);
  if (pads.length !== 2 * rank || pads.some((side) => side < 0)) {
    throw call.fail(`pads [${pads.join(", ")}] are not two numbers from 0 on for each of ${rank} axes`);
  }
  return Array.from({ length: rank }, (_, axis): Sides => [pads[axis]!, pads[rank + axis]!]);
}

/** A list of one whole number of at least 1 for each axis. */
export function perAxis(call: NodeCall, name: string, rank: number): number[] {
  const list = call.ints(name) ?? new Array<number>(rank).fill(1);
  if (list.length !== rank || list.some((n) => !(Number.isSafeInteger(n) && n >= 1))) {
    throw call.fail(`${name} [${list.join(", ")}] is not a whole number from 1 on for each of ${rank} axes`);
  }
  return list;
}

/**
 * Strides, dilations and pads of a convolution or a pooling; auto_pad decides the pads where it is given, with
 * ⌈extent / stride⌉ windows for SAME.
 */
export function windowsOf(call: NodeCall, extent: readonly number[], kernel: readonly number[]): Windows {
  const rank = extent.length;
  if (kernel.length !== rank) throw call.fail(`a kernel of ${kernel.length} axes does not fit ${rank}`);
  const stride = perAxis(call, "strides", rank);
  const dilation = perAxis(call, "dilations", rank);
  const auto = call.oneOf("auto_pad", ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"], "NOTSET");
  const reached = kernel.map((k, a) => dilation[a]! * (k - 1) + 1);
  const padding = auto.startsWith("SAME")
    ? extent.map((n, a): Sides => {
        const windows = Math.ceil(n / stride[a]!);
        const total = Math.max(0, (windows - 1) * stride[a]! + reached[a]! - n);
        return split(total, auto === "SAME_UPPER");
      })
    : sidesOf(call, auto === "VALID" ? undefined : call.ints("pads"), rank);
  const ceilMode = call.int("ceil_mode", 0) === 1 && auto === "NOTSET";
  const size = extent.map((n, a) => {
    const [low, high] = padding[a]!;
    const room = (n + low + high - reached[a]!) / stride[a]!;
    if (!ceilMode) return Math.floor(room) + 1;
    const last = Math.ceil(room);
    // A window that begins behind the elements does not count.
    return last * stride[a]! < n + low ? last + 1 : last;
  });
  if (size.some((n) => n < 1)) {
    throw call.fail(
      `windows of ${reached.join("×")} are larger than the padded input of ${extent.join("×")}`,
    );
  }
  return { kernel, stride, dilation, padding, size };
}

/** Padding in two halves, the odd element at the end or at the beginning. */
export function split(total: number, oddAtEnd: boolean): Sides {
  const [less, more] = [Math.floor(total / 2), Math.ceil(total / 2)];
  return oddAtEnd ? [less, more] : [more, less];
}
