import type { ConvolutionForm, ConvolutionSize } from "../../compiler/convolution-form.ts";
import { sliceCount, tilesOfAxis } from "../../compiler/fourier-tiles.ts";
import type { TileShape } from "./codegen/tiles.ts";

/** Extents of transforms that there may be. */
const extents = [8, 16, 32, 64] as const;

/** All forms of a convolution, or of the gradient of its filters, by Fourier transforms, with their times in nanoseconds. */
export function fourierForms(
  size: ConvolutionSize,
  shapes: readonly TileShape[],
): { readonly form: ConvolutionForm; readonly time: number }[] {
  const { kernel, reached, extent } = size;
  if (!size.fourier) return [];
  const choices = reached.map((own, axis) =>
    own === 1 && kernel.some((k) => k > 1)
      ? [1]
      : extents.filter((t) => t >= own && (t === 8 || t < 4 * (extent[axis]! + own))),
  );
  const [ys, xs] = choices.length === 1 ? [[1], choices[0]!] : [choices[0]!, choices[1]!];
  return ys.flatMap((y) =>
    xs.map((x) => ({
      form: { kind: "fourier" as const, transform: [y, x] as const },
      time: timeOf(size, [y, x], shapes[0]!),
    })),
  );
}

interface Costs {
  readonly product: number;
  readonly transform: number;
  readonly stream: number;
}

const costs: Readonly<Record<number, Costs>> = {
  8: { product: 19, transform: 1.1, stream: 6 },
  16: { product: 36, transform: 2, stream: 6 },
};

function timeOf(
  { batch, inChannels, outChannels, groups, extent, stride, reached, stable }: ConvolutionSize,
  transform: readonly [number, number],
  shape: TileShape,
): number {
  const cost = costs[shape.columns]!;
  const own = extent.length === 1 ? transform.slice(1) : transform;
  const tiles =
    batch *
    own.reduce(
      (count, t, axis) =>
        count *
        (t === 1 ? extent[axis]! : tilesOfAxis(extent[axis]!, reached[axis]!, stride[axis]!, t).tiles),
      1,
    );
  const slices = sliceCount({ transform });
  const channels = (inChannels * outChannels) / groups;
  const depthwise = groups === inChannels && groups === outChannels;
  const lanes = tiles * (inChannels + outChannels);
  const steps = Math.log2(transform[0] * transform[1]);
  return (
    (depthwise ? 0 : (slices * tiles * channels) / cost.product) +
    (slices * lanes * steps) / 8 / cost.transform +
    (8 * slices * lanes) / cost.stream +
    (4 * slices * channels * (stable ? 1 : 6)) / cost.stream
  );
}
