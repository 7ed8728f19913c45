import { compile } from "../../compiler/compile.ts";
import { currentBackend } from "../../compiler/runtime.ts";
import type { Backend } from "../../core/backend.ts";
import { allocate, type DType } from "../../core/dtype.ts";
import { ArgumentError, ShapeError } from "../../core/errors.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { FieldType } from "./field-type.ts";
import { type Interpolation, type Maps, pixel, turnMaps } from "./turn-maps.ts";
import { WaveImages } from "./wave-images.ts";

export interface SteeringErrorOptions {
  /** Height and width of the input. */
  readonly size: number;
  /** Default that of the layer. */
  readonly inType?: FieldType;
  /** Default that of the layer. */
  readonly outType?: FieldType;
  /** How many random images; default 4. */
  readonly images?: number;
  /** The finest detail of the images in periods a pixel, at most 0.5; default 0.1. */
  readonly bandwidth?: number;
  /** How outputs are turned; default bicubic. Inputs are known between the pixels. */
  readonly interpolation?: Interpolation;
  /** Computes the layer: the standard one unless told; the reference does it in float64. */
  readonly backend?: Backend;
  /** Which elements of the group; default all but the identity. */
  readonly elements?: readonly number[];
}

/** How far one element of the group is from passing through a layer. */
export interface SteeringError {
  readonly element: number;
  readonly degrees: number;
  readonly reflected: boolean;
  /** Whether the element maps pixels to pixels, so that nothing is interpolated. */
  readonly exact: boolean;
  /** ‖f(g x) − ρ(g) f(x)‖/‖f(x)‖ on the disc inscribed in the output. */
  readonly error: number;
  /** The same at the one pixel in the middle, where no output is interpolated; undefined on even extents. */
  readonly centre: number | undefined;
  /** What interpolation alone makes of the output: ‖g⁻¹ (g f(x)) − f(x)‖/‖f(x)‖ on that disc. */
  readonly interpolation: number;
}

/** A layer or network with the types of what goes in and comes out, or a function. */
export type Steered =
  | ((x: Tensor) => Tensor)
  | {
      forward(x: Tensor): Tensor;
      readonly inType?: FieldType;
      readonly outType?: FieldType;
    };

/**
 * Measures how equivariant a layer or network is, for each element of the group, on smooth random images: what a
 * convolution on a grid loses for rotations that are no quarter turns.
 *
 * Outputs are [N, C, n, n], or vectors [N, C], which stand for one pixel.
 *
 * @throws ArgumentError if a type is not known; ShapeError if the output does not have the channels of its type.
 */
export async function steeringError(f: Steered, options: SteeringErrorOptions): Promise<SteeringError[]> {
  const own: { readonly inType?: FieldType; readonly outType?: FieldType } = typeof f === "function" ? {} : f;
  const inType = requireType("inType", options.inType ?? own.inType);
  const outType = requireType("outType", options.outType ?? own.outType);
  const { size, images = 4, bandwidth = 0.1, interpolation = "bicubic" } = options;
  const { backend = currentBackend() } = options;
  const dtype = backend.name === "reference" ? "float64" : "float32";
  const { group } = outType;
  const forward = compile((x: Tensor) => (typeof f === "function" ? f(x) : f.forward(x)), { backend });
  const waves = new WaveImages(inType, size, images, bandwidth);
  const run = async (g: number): Promise<Maps> => {
    const y = await forward(asTensor(waves.turned(g), dtype));
    return readMaps(y, outType, await y.data());
  };
  const before = await run(0);
  const errors: SteeringError[] = [];
  for (const element of options.elements ?? group.elements.map((_, g) => g).slice(1)) {
    const { rotation, reflected } = group.elements[element]!;
    const after = await run(element);
    const expected = turnMaps(before, outType, element, interpolation);
    const back = turnMaps(expected, outType, group.inverses[element]!, interpolation);
    const isOdd = before.size % 2 === 1;
    errors.push({
      element,
      degrees: (360 * rotation) / group.rotations,
      reflected,
      exact: Number.isInteger((4 * rotation) / group.rotations),
      error: relativeError(after, expected, before, before.size / 2),
      centre: isOdd ? relativeError(after, expected, before, 0.5) : undefined,
      interpolation: relativeError(back, before, before, before.size / 2),
    });
  }
  return errors;
}

function requireType(name: string, type: FieldType | undefined): FieldType {
  if (type) return type;
  throw new ArgumentError(`steeringError: the layer has no ${name}: give it as an option`);
}

function asTensor({ data, batch, channels, size }: Maps, dtype: DType): Tensor {
  const values = allocate(dtype, data.length);
  values.set(data);
  return tensor(values, { shape: [batch, channels, size, size] });
}

function readMaps({ shape }: Tensor, { channels }: FieldType, values: ArrayLike<number>): Maps {
  const [batch, found, height = 1, width = 1] = shape;
  if (found !== channels || height !== width || shape.length > 4) {
    throw new ShapeError("steeringError", `the output must be [N, ${channels}, n, n] or [N, ${channels}]`, {
      output: shape,
    });
  }
  return { data: Float64Array.from(values), batch: batch!, channels, size: height };
}

/** ‖a − b‖/‖reference‖ over the pixels nearer to the middle than `radius`. */
function relativeError(a: Maps, b: Maps, reference: Maps, radius: number): number {
  const { size, data } = reference;
  let [difference, total] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    const [x, y] = pixel(i % (size * size), size);
    if (Math.hypot(x, y) > radius) continue;
    difference += (a.data[i]! - b.data[i]!) ** 2;
    total += data[i]! ** 2;
  }
  return Math.sqrt(difference / total);
}
