import { compile } from "../compiler/compile.ts";
import { ShapeError } from "../core/errors.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { Module } from "../nn/module.ts";
import { withMode } from "../nn/with-mode.ts";
import { activationsOf } from "./activations.ts";
import { requireCall, traceLayers } from "./trace-layers.ts";
import { reached, type WorkOptions } from "./work.ts";

/** What one map of a layer, or all of them together, hold. */
export interface MapStatistics {
  readonly mean: number;
  /** Of the elements themselves, not an estimate: √(Σ (a − mean)² / n). */
  readonly std: number;
  readonly min: number;
  readonly max: number;
  /** The share of elements that are 0, which is what ReLU leaves where nothing was found. */
  readonly zeros: number;
}

/** The maps of one layer for one image. */
export interface FeatureMaps {
  readonly layer: string;
  /** The module's class, or an ONNX node's operator. */
  readonly kind: string;
  /** [K, H, W]; a layer of single numbers has [K, 1, 1]. */
  readonly shape: readonly [count: number, height: number, width: number];
  readonly values: Float32Array;
  readonly statistics: MapStatistics;
  readonly maps: readonly MapStatistics[];
}

export interface FeatureMapsOptions extends WorkOptions {
  /** The layers by name; default all whose output is one of its own. */
  readonly layers?: readonly string[];
}

/** Elements that one program hands out: 32 MiB of them. */
const most = 2 ** 23;

/**
 * The activations of a network's layers for an image, layer after layer in the order in which they are computed.
 *
 * The network runs in evaluation mode, once for each group of layers whose activations fit into 32 MiB, so that no
 * more than that is held at a time.
 *
 * @param image [C, H, W] or [1, C, H, W], prepared as the network takes it.
 * @throws ArgumentError that suggests the nearest name for a layer that there is not; ShapeError for another shape.
 */
export async function* featureMaps(
  model: Module,
  image: Tensor,
  options: FeatureMapsOptions = {},
): AsyncGenerator<FeatureMaps, void, undefined> {
  const shape = image.rank === 3 ? [1, ...image.shape] : image.shape;
  if (shape.length !== 4 || shape[0] !== 1) {
    throw new ShapeError("featureMaps", "one image at a time is looked at, [C, H, W] or [1, C, H, W]", {
      image: image.shape,
    });
  }
  const input = tensor(Float32Array.from(await image.data()), { shape });
  const groups = await withMode(model, false, async () => {
    const trace = traceLayers(model, input);
    const layers = options.layers?.map((name) => requireCall(trace, name)) ?? activationsOf(trace);
    return inGroups(layers.map(({ name, output }) => ({ name, size: output.size })));
  });
  let done = 0;
  for (const names of groups) {
    const outputs = await withMode(model, false, () =>
      compile((x: Tensor) => {
        const trace = traceLayers(model, x);
        return names.map((name) => {
          const { module, output } = requireCall(trace, name);
          return { name, kind: module.typeName, output };
        });
      })(input),
    );
    for (const { name, kind, output } of outputs) {
      const values = Float32Array.from(await output.data());
      yield mapsOf(name, kind, output.shape, values);
    }
    done += names.length;
    await reached(done / groups.flat().length, options);
  }
}

/** Names in order, as many in a group as fit. */
function inGroups(layers: readonly { readonly name: string; readonly size: number }[]): string[][] {
  const groups: string[][] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const { name, size } of layers) {
    if (held + size > most) {
      groups.push([]);
      held = 0;
    }
    groups.at(-1)!.push(name);
    held += size;
  }
  return groups;
}

function mapsOf(layer: string, kind: string, full: Shape, values: Float32Array): FeatureMaps {
  const [count = 1, ...rest] = full.slice(1);
  const [height, width] = rest.length === 2 ? (rest as [number, number]) : [1, sizeOf(rest)];
  const plane = values.length / count;
  const maps = Array.from({ length: count }, (_, k) =>
    statisticsOf(values.subarray(k * plane, (k + 1) * plane)),
  );
  return { layer, kind, shape: [count, height, width], values, statistics: statisticsOf(values), maps };
}

export function statisticsOf(values: ArrayLike<number>): MapStatistics {
  let [total, zeros, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    total += value;
    if (value === 0) zeros++;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const mean = total / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return { mean, std: Math.sqrt(squares / values.length), min, max, zeros: zeros / values.length };
}
