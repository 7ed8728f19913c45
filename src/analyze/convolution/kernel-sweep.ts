import { Draw } from "../../core/draw.ts";
import { sizeOf } from "../../core/shape.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { lineChart } from "../../plot/line-chart.ts";
import {
  algorithmOfForm,
  type ComparedAlgorithm,
  type ConvolutionAlgorithmsOptions,
  type ConvolutionComparison,
  comparedAlgorithms,
  convolutionAlgorithms,
} from "./convolution-algorithms.ts";

/** Kernel sizes from the smallest that is worth comparing to RepLKNet's largest (Ding et al., 2022). */
export const sweptKernels: readonly number[] = [3, 5, 7, 9, 11, 13, 17, 21, 25, 31];

/** Convolutions of random images, padded so that odd kernels of stride 1 keep the extents. */
export interface SweptConvolution {
  /** [N, C, H, W] */
  readonly input: readonly [batch: number, channels: number, height: number, width: number];
  readonly outChannels: number;
  readonly groups: number;
  readonly stride: number;
}

export interface SweptKernel {
  readonly kernel: number;
  readonly comparison: Omit<ConvolutionComparison, "results"> & {
    readonly results: readonly Omit<ConvolutionComparison["results"][number], "output">[];
  };
}

export interface KernelSweep {
  readonly convolution: SweptConvolution;
  readonly rows: readonly SweptKernel[];
  /** The kernel size from which on Fourier transforms took the least time; undefined if they did not for the largest. */
  readonly fastestFrom: number | undefined;
}

/** Compares the algorithms for each of some sizes of square kernels. */
export async function kernelSweep(
  convolution: SweptConvolution,
  kernels: readonly number[] = sweptKernels,
  options: Pick<ConvolutionAlgorithmsOptions, "repeat" | "milliseconds" | "signal" | "clock"> & {
    onKernel?(row: SweptKernel): void;
  } = {},
): Promise<KernelSweep> {
  const { input, outChannels, groups, stride } = convolution;
  const { onKernel, ...timing } = options;
  const rows: SweptKernel[] = [];
  for (const kernel of kernels) {
    const [x, weight] = [random(input), random([outChannels, input[1] / groups, kernel, kernel])];
    const padding = Math.floor(kernel / 2);
    const settings = { stride, groups, padding, ...timing };
    const { results, ...comparison } = await convolutionAlgorithms(x, weight, settings);
    rows.push({
      kernel,
      comparison: { ...comparison, results: results.map(({ output: _, ...result }) => result) },
    });
    onKernel?.(rows.at(-1)!);
  }
  return { convolution, rows, fastestFrom: fastestFrom(rows) };
}

function random(shape: readonly number[]): Tensor {
  const draw = new Draw(1);
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => draw.float(-1, 1)),
    { shape },
  );
}

/** What an algorithm took for a kernel, in milliseconds. */
export function timeIn({ comparison }: SweptKernel, algorithm: ComparedAlgorithm): number | undefined {
  return comparison.results.find((result) => result.algorithm === algorithm)?.milliseconds;
}

/** What the algorithm that the compiler chooses by itself took. */
export function timeOfChosen(row: SweptKernel): number | undefined {
  return timeIn(row, algorithmOfForm(row.comparison.auto) as ComparedAlgorithm);
}

function fastestFrom(rows: readonly SweptKernel[]): number | undefined {
  let from: number | undefined;
  for (const row of rows.toReversed()) {
    const times = comparedAlgorithms.map((algorithm) => timeIn(row, algorithm) ?? Number.POSITIVE_INFINITY);
    if (timeIn(row, "fft") !== Math.min(...times)) break;
    from = row.kernel;
  }
  return from;
}

/** The times against the kernel size, each algorithm's as a curve, as the text of an SVG file. */
export function drawCrossover(title: string, { rows }: KernelSweep): string {
  const names: Readonly<Record<ComparedAlgorithm, string>> = {
    direct: "direct",
    im2col: "im2col",
    winograd: "Winograd",
    fft: "FFT",
  };
  const series = comparedAlgorithms.map((algorithm) => ({
    name: names[algorithm],
    points: rows.flatMap((row): [number, number][] => {
      const time = timeIn(row, algorithm);
      return time === undefined ? [] : [[row.kernel, time]];
    }),
    marks: true,
  }));
  const chosen = rows.map((row): [number, number] => [row.kernel, timeOfChosen(row) ?? Number.NaN]);
  return lineChart({
    title,
    xLabel: "kernel size",
    yLabel: "milliseconds",
    yScale: "log",
    series: [
      ...series.filter(({ points }) => points.length > 0),
      { name: "chosen by the compiler", points: chosen, dashed: true, marks: false },
    ],
  });
}
