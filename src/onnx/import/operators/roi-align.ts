import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import type { NodeCall, Operator } from "../node-call.ts";

interface Settings {
  readonly out: readonly [height: number, width: number];
  readonly scale: number;
  /** Whether regions begin half an element earlier, and may be smaller than an element. */
  readonly aligned: boolean;
  readonly largest: boolean;
}

/** The two elements around positions on one axis, and how far from the first they are. */
interface Between {
  readonly low: Tensor;
  readonly high: Tensor;
  readonly rest: Tensor;
  /** 0 where a position lies more than one element outside. */
  readonly counts: Tensor;
}

/** Where the samples of each part of each region [R] lie on an axis: [R, parts, samples]. */
function samplePositions(
  start: Tensor,
  end: Tensor,
  parts: number,
  samples: number,
  settings: Settings,
): Tensor {
  const offset = settings.aligned ? 0.5 : 0;
  const first = o.sub(o.mul(start, settings.scale), offset);
  const length = o.sub(o.sub(o.mul(end, settings.scale), offset), first);
  const size = settings.aligned ? length : o.maximum(length, 1);
  const steps = Array.from({ length: parts * samples }, (_, i) => (i + 0.5) / (samples * parts));
  const along = o.reshape(o.constant(steps, [parts * samples]), [1, parts, samples]);
  const column = (t: Tensor): Tensor => o.reshape(t, [t.size, 1, 1]);
  return o.add(column(first), o.mul(column(size), along));
}

function between(position: Tensor, extent: number): Between {
  const counts = o.logicalAnd(o.greaterEqual(position, -1), o.lessEqual(position, extent));
  const inside = o.clamp(position, 0, extent - 1);
  const low = o.floor(inside);
  return {
    low,
    high: o.minimum(o.add(low, 1), extent - 1),
    rest: o.sub(inside, low),
    counts: o.cast(counts, "float32"),
  };
}

/** One batch of regions with the same number of samples: x [N, C, H, W], rois [R, 4] → [R, C, ...out]. */
function align(
  x: Tensor,
  rois: Tensor,
  images: Tensor,
  samples: readonly [number, number],
  settings: Settings,
): Tensor {
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  const [rows, columns] = settings.out;
  const count = rois.shape[0]!;
  const coordinate = (k: number): Tensor => o.reshape(o.narrow(rois, 1, k, k + 1), [count]);
  const y = between(samplePositions(coordinate(1), coordinate(3), rows, samples[0], settings), height);
  const z = between(samplePositions(coordinate(0), coordinate(2), columns, samples[1], settings), width);
  const shape = [count, rows, samples[0], columns, samples[1]];
  const down = (t: Tensor): Tensor => o.reshape(t, [count, rows, samples[0], 1, 1]);
  const across = (t: Tensor): Tensor => o.reshape(t, [count, 1, 1, columns, samples[1]]);
  const image = o.reshape(o.mul(o.cast(images, "int32"), height * width), [count, 1, 1, 1, 1]);
  const flat = o.reshape(o.permute(x, [1, 0, 2, 3]), [channels, n * height * width]);
  const corner = (row: Tensor, column: Tensor, up: Tensor, left: Tensor): Tensor => {
    const position = o.add(o.cast(o.add(o.mul(down(row), width), across(column)), "int32"), image);
    const at = o.reshape(position, [1, position.size]);
    const found = o.gather(flat, o.expand(at, [channels, position.size]), 1);
    const weight = o.mul(down(o.mul(up, y.counts)), across(o.mul(left, z.counts)));
    return o.mul(o.reshape(found, [channels, ...shape]), weight);
  };
  const [top, left] = [o.sub(1, y.rest), o.sub(1, z.rest)];
  const corners = [
    corner(y.low, z.low, top, left),
    corner(y.low, z.high, top, z.rest),
    corner(y.high, z.low, y.rest, left),
    corner(y.high, z.high, y.rest, z.rest),
  ];
  const merged = corners.reduce((a, b) => (settings.largest ? o.maximum(a, b) : o.add(a, b)));
  const pooled = settings.largest ? o.max(merged, [3, 5]) : o.mean(merged, [3, 5]);
  return o.permute(pooled, [1, 0, 2, 3]);
}

/** Average or largest of samples between the elements, for each part of each region (He et al. 2017, section 3). */
function roiAlign(call: NodeCall): Tensor {
  const [x, rois, images] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const aligned =
    call.version >= 16 &&
    call.oneOf("coordinate_transformation_mode", ["half_pixel", "output_half_pixel"], "half_pixel") ===
      "half_pixel";
  const settings: Settings = {
    out: [call.int("output_height", 1), call.int("output_width", 1)],
    scale: call.float("spatial_scale", 1),
    aligned,
    largest: call.oneOf("mode", ["avg", "max"], "avg") === "max",
  };
  const ratio = call.int("sampling_ratio", 0);
  if (ratio > 0) return align(x, rois, images, [ratio, ratio], settings);
  // As many samples as a part has elements: each region has its own number, so they must be known.
  const boxes = call.numbers(1, "the regions");
  const parts = Array.from({ length: rois.shape[0]! }, (_, r) => {
    const [left, top, right, bottom] = boxes.slice(4 * r, 4 * r + 4) as [number, number, number, number];
    const samples = (length: number, count: number): number => {
      const size = aligned ? length * settings.scale : Math.max(1, length * settings.scale);
      return Math.max(1, Math.ceil(size / count));
    };
    const each = [samples(bottom - top, settings.out[0]), samples(right - left, settings.out[1])] as const;
    return align(x, o.narrow(rois, 0, r, r + 1), o.narrow(images, 0, r, r + 1), each, settings);
  });
  return o.concat(parts, 0);
}

export const roiOperators: Readonly<Record<string, Operator>> = { RoiAlign: roiAlign };
