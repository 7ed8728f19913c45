import { type ConvolutionForm, type ConvolutionSize, direct } from "../../compiler/convolution-form.ts";
import { sizeOf } from "../../core/shape.ts";
import type { TileShape } from "./codegen/tiles.ts";
import { winogradBlocking } from "./codegen/winograd-blocking.ts";
import { fourierForms } from "./fourier-costs.ts";

/** What was measured of each part of a convolution, for one thread. */
interface Costs {
  /** Multiply-adds a nanosecond of tiles, in the direct form and in Winograd's with its short sums. */
  readonly direct: number;
  readonly slices: number;
  /** Elements a nanosecond of the transforms, each of the (m + 2)² results (or operands) counted. */
  readonly transform: number;
  /** Bytes a nanosecond at which filters come from beyond the second cache. */
  readonly stream: number;
  /** Filters' results a nanosecond of their transform. */
  readonly filters: number;
}

/** By columns of the engine's widest tile. */
const costs: Readonly<Record<number, Costs>> = {
  8: { direct: 23, slices: 20, transform: 2.2, stream: 14, filters: 0.8 },
  16: { direct: 46, slices: 38, transform: 4, stream: 14, filters: 0.8 },
};

/**
 * The form in which a convolution takes the least time, or that its user chose.
 *
 * @param wanted the tile of Winograd's form to choose wherever that is possible, or 0 for the direct form.
 */
export function convolutionForm(
  size: ConvolutionSize,
  shapes: readonly TileShape[],
  wanted: 0 | 2 | 4 | undefined,
): ConvolutionForm {
  const { algorithm } = size;
  if (algorithm === "direct") return direct;
  if (algorithm === "winograd") return fastest(winogradForms(size, shapes)).form;
  if (algorithm === "fft") return fastest(fourierForms(size, shapes)).form;
  if (wanted !== undefined) {
    const tiles = winogradForms(size, shapes);
    return tiles.find(({ form }) => form.kind === "winograd" && form.tile === wanted)?.form ?? direct;
  }
  const plain: Timed = { form: direct, time: directTime(size, shapes[0]!) };
  const filtered = size.inChannels >= 16 && size.outChannels >= 16 ? winogradForms(size, shapes) : [];
  // Where both are possible, Winograd's forms have been faster throughout.
  if (filtered.length > 0) return fastest([plain, ...filtered]).form;
  const transformed = fastest(fourierForms(size, shapes).filter(({ bytes }) => bytes <= mostBytes));
  return transformed.time < clearly * plain.time ? transformed.form : plain.form;
}

/** Memory that slices may take where nobody asked for the form. */
const mostBytes = 2 ** 28;
/** How much less time a form by Fourier transforms must take by the costs, which are less certain for it. */
const clearly = 0.8;

interface Timed {
  readonly form: ConvolutionForm;
  /** Nanoseconds. */
  readonly time: number;
}

function fastest(forms: readonly Timed[]): Timed {
  return forms.reduce((best, other) => (other.time < best.time ? other : best), {
    form: direct,
    time: Number.POSITIVE_INFINITY,
  });
}

function directTime(size: ConvolutionSize, shape: TileShape): number {
  const { batch, extent, inChannels, outChannels, kernel, groups } = size;
  const cost = costs[shape.columns]!;
  const channels = (inChannels * outChannels) / groups;
  // Depthwise, zeros beside the elements are left out, of which a large kernel meets many.
  const met = kernel.map((k, axis) => k - (k * k - 1) / 4 / Math.max(k, extent[axis]!));
  const taps = sizeOf(groups === inChannels && groups === outChannels ? met : kernel);
  return (taps * batch * sizeOf(extent) * channels) / cost.direct + (4 * taps * channels) / cost.stream;
}

/** Winograd's forms of a convolution, or of the gradient of its filters, where there are such. */
function winogradForms(size: ConvolutionSize, shapes: readonly TileShape[]): Timed[] {
  // A gradient's channels are transformed as the input's are.
  if (!size.winograd || (size.gradient && size.outChannels % 4 !== 0)) return [];
  return ([2, 4] as const).map((tile) => ({
    form: { kind: "winograd", tile },
    time: winogradTime(size, tile, shapes[0]!),
  }));
}

function winogradTime(size: ConvolutionSize, tile: 2 | 4, shape: TileShape): number {
  const { batch, inChannels, outChannels, extent, stable, gradient } = size;
  const cost = costs[shape.columns]!;
  const channels = inChannels * outChannels;
  const slices = (tile + 2) ** 2;
  const tiles = batch * sizeOf(extent.map((length) => Math.ceil(length / tile)));
  const transform = (slices * tiles * (inChannels + outChannels)) / cost.transform;
  // Slices are written and read again, and so are the sums of each.
  if (gradient)
    return (slices * tiles * channels) / cost.slices + 3 * transform + (8 * slices * channels) / cost.stream;
  const panels = Math.ceil(outChannels / shape.columns);
  const { blocks } = winogradBlocking({ tile, tiles, channels: inChannels, panels }, shape);
  return (
    (slices * tiles * channels) / cost.slices +
    transform +
    (4 * slices * channels * blocks) / cost.stream +
    (stable ? 0 : (slices * channels) / cost.filters)
  );
}
