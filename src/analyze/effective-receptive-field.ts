import { gradients } from "../autograd/gradients.ts";
import { type Compiled, compile } from "../compiler/compile.ts";
import type { Backend } from "../core/backend.ts";
import { ArgumentError, ShapeError } from "../core/errors.ts";
import { type Shape, sameShape, sizeOf, stridesOf } from "../core/shape.ts";
import { Tensor, tensor } from "../core/tensor.ts";
import { Random } from "../data/random.ts";
import type { Module } from "../nn/module.ts";
import { withMode } from "../nn/with-mode.ts";
import { fitGaussian, type GaussianFit } from "./fit-gaussian.ts";
import { type AxisField, fieldOf, type LayerField, layerFields } from "./receptive-field.ts";
import { requireCall, traceLayers } from "./trace-layers.ts";
import { reached, type WorkOptions } from "./work.ts";

export interface EffectiveFieldOptions extends WorkOptions {
  /** A layer as {@link receptiveField} names it; default the last one with more than one element along the axes. */
  readonly layer?: string;
  /** The element of the layer's output along each spatial axis; default the middle one. */
  readonly unit?: readonly number[];
  /** [N, C, ...S]; default 16 inputs of standard normal numbers. */
  readonly images?: Tensor;
  /** How many random inputs there are, where no images are given. */
  readonly count?: number;
  /** What flows into the unit's channels: 1 (their sum), or a random sign for each channel and input; default signs. */
  readonly channels?: "sum" | "signs";
  /** Whether the gradient's magnitudes are averaged or their squares; default magnitudes. */
  readonly measure?: "absolute" | "squared";
  readonly seed?: number;
  /**
   * Computes; default the current one. Where fast convolutions round, places beside the field have rounding errors
   * instead of zeros: `createWasmBackend({ precision: "exact" })` has none.
   */
  readonly backend?: Backend;
}

/** How much each place of the input decides about one element of a layer's output. */
export interface EffectiveField {
  readonly layer: LayerField;
  readonly unit: readonly number[];
  /** Extents of the input's spatial axes; for one axis, [1, extent]. */
  readonly rows: number;
  readonly columns: number;
  /** Row-major: the average over inputs of the gradient's magnitude (or square), added up over channels. */
  readonly values: Float64Array;
  readonly images: number;
  /** First and last place of the theoretical field along each axis, cut to the input; undefined if it is empty. */
  readonly theoretical: readonly (readonly [first: number, last: number] | undefined)[];
  /** Whether the theoretical field reaches beyond the input, so that the effective one may be cut, too. */
  readonly cut: boolean;
  /** The greatest value outside the theoretical field: 0. */
  readonly outside: number;
  /** How many places have more than 4.55 % of the greatest value. */
  readonly places: number;
  /** The side of a square (the length, for one axis) of as many places. */
  readonly size: number;
  /** `size` by that of the theoretical field, not cut. */
  readonly ratio: number;
  /** The normal distribution with the values' mean and covariance; undefined where all are 0. */
  readonly gaussian: GaussianFit | undefined;
}

/** A place counts if its value is above 1 − 95.45 % of the greatest (two standard deviations of a normal distribution). */
export const effectiveThreshold: number = 1 - 0.9545;

/**
 * The effective receptive field of a layer's element: the gradient of the element with respect to the input, by its
 * magnitude, averaged over inputs (Luo et al. 2016, "Understanding the Effective Receptive Field in Deep Convolutional
 * Neural Networks", section 3).
 *
 * @param inputShape [C, H, W] or [C, L] of one image, without the batch.
 * @throws ArgumentError for a layer that the network does not call (the nearest is suggested) or a unit beyond its output;
 * ShapeError for an input without one or two spatial axes; the signal's reason where it ends the work.
 */
export async function effectiveReceptiveField(
  model: Module,
  inputShape: Shape,
  options: EffectiveFieldOptions = {},
): Promise<EffectiveField> {
  if (inputShape.length < 2 || inputShape.length > 3) {
    throw new ShapeError("effectiveReceptiveField", "the input must be [C, L] or [C, H, W]", {
      input: inputShape,
    });
  }
  const layer = findLayer(model, inputShape, options.layer);
  const unit = unitOf(layer, options.unit);
  const { images, measure = "absolute", channels = "signs", seed = 0 } = options;
  if (images && !sameShape(images.shape.slice(1), inputShape)) {
    throw new ShapeError("effectiveReceptiveField", "the images are not of the input's shape", {
      images: images.shape,
      input: inputShape,
    });
  }
  const total = images ? images.shape[0]! : (options.count ?? 16);
  const extents = inputShape.slice(1);
  const values = new Float64Array(sizeOf(extents));
  const gradientOf = compileGradient(model, layer.name, options.backend);
  await withMode(model, false, async () => {
    for (let i = 0; i < total; i++) {
      await reached(i / total, options);
      const x = images ? await imageAt(images, i, inputShape) : randomImage(inputShape, seed, i);
      const gradient = await (await gradientOf(x, seedOf(layer, unit, channels, seed, i))).data();
      for (let k = 0; k < gradient.length; k++) {
        const value = gradient[k]!;
        values[k % values.length]! += (measure === "squared" ? value * value : Math.abs(value)) / total;
      }
    }
  });
  return { layer, unit, images: total, ...described(layer, unit, extents, values) };
}

function findLayer(model: Module, inputShape: Shape, name: string | undefined): LayerField {
  const input = Tensor.input({ shape: [1, ...inputShape], dtype: "float32" });
  const trace = withMode(model, false, () => traceLayers(model, input));
  if (name !== undefined) requireCall(trace, name);
  const fields = layerFields(trace, input);
  const spatial = fields.filter(({ axes }) => axes.every(({ outputs }) => outputs > 1));
  const layer =
    name === undefined ? (spatial.at(-1) ?? fields.at(-1)) : fields.find((each) => each.name === name);
  if (layer) return layer;
  throw new ArgumentError(
    `${name === undefined ? "the network" : `the layer "${name}"`} does not depend on the input`,
  );
}

function unitOf({ name, axes }: LayerField, given: readonly number[] | undefined): number[] {
  const unit = given ? [...given] : axes.map(({ outputs }) => Math.floor(outputs / 2));
  const fits =
    unit.length === axes.length &&
    unit.every((at, a) => Number.isInteger(at) && at >= 0 && at < axes[a]!.outputs);
  if (fits) return unit;
  const extents = axes.map(({ outputs }) => outputs).join("×");
  throw new ArgumentError(
    `there is no element [${unit.join(", ")}] in the ${extents} of the layer "${name}"`,
  );
}

function compileGradient(
  model: Module,
  layer: string,
  backend: Backend | undefined,
): Compiled<[x: Tensor, seed: Tensor], Tensor> {
  return compile(
    (x: Tensor, seed: Tensor) => gradients(requireCall(traceLayers(model, x), layer).output, [x], seed)[0]!,
    backend ? { backend } : {},
  );
}

/** A 1 or a sign in every channel of the unit, and zeros elsewhere. */
function seedOf(
  { outputShape, axes }: LayerField,
  unit: readonly number[],
  channels: "sum" | "signs",
  seed: number,
  image: number,
): Tensor {
  const random = new Random(seed, "mix", image);
  const strides = stridesOf(outputShape);
  const values = new Float32Array(sizeOf(outputShape));
  const chosen = axes.map(({ outputAxis }, a) => [outputAxis, unit[a]!] as const);
  for (let i = 0; i < values.length; i++) {
    const here = chosen.every(
      ([axis, at]) => axis === undefined || Math.floor(i / strides[axis]!) % outputShape[axis]! === at,
    );
    if (here) values[i] = channels === "sum" || random.uint32() % 2 === 0 ? 1 : -1;
  }
  return tensor(values, { shape: outputShape });
}

function randomImage(shape: Shape, seed: number, index: number): Tensor {
  const random = new Random(seed, "noise", index);
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
    { shape: [1, ...shape] },
  );
}

async function imageAt(images: Tensor, index: number, shape: Shape): Promise<Tensor> {
  const size = sizeOf(shape);
  const values = await images.data();
  return tensor(Float32Array.from(values.subarray(index * size, (index + 1) * size)), {
    shape: [1, ...shape],
  });
}

function described(
  { axes }: LayerField,
  unit: readonly number[],
  extents: readonly number[],
  values: Float64Array,
): Omit<EffectiveField, "layer" | "unit" | "images"> {
  const [rows, columns] = [extents.length === 2 ? extents[0]! : 1, extents.at(-1)!];
  const theoretical = axes.map((axis, a) => boundsOf(axis, unit[a]!));
  const inside = (at: number, axis: number): boolean => {
    const bounds = theoretical[axis];
    return bounds !== undefined && at >= bounds[0] && at <= bounds[1];
  };
  let [outside, greatest] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const at = extents.length === 2 ? [Math.floor(i / columns), i % columns] : [i];
    if (!at.every(inside)) outside = Math.max(outside, values[i]!);
    greatest = Math.max(greatest, values[i]!);
  }
  const places = values.reduce((count, value) => count + Number(value > effectiveThreshold * greatest), 0);
  const side = (count: number): number => count ** (1 / axes.length);
  const size = side(places);
  const cut = axes.some((axis, a) => {
    const bounds = theoretical[a];
    return bounds === undefined || bounds[1] - bounds[0] + 1 < axis.size;
  });
  const ratio = size / side(axes.reduce((product, axis) => product * axis.size, 1));
  const gaussian = fitGaussian(values, rows, columns);
  return { rows, columns, values, theoretical, cut, outside, places, size, ratio, gaussian };
}

function boundsOf(axis: AxisField, unit: number): readonly [number, number] | undefined {
  const runs = fieldOf(axis, unit);
  return runs.length === 0 ? undefined : [runs[0]!, runs.at(-1)!];
}
