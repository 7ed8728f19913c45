import { compile } from "../../compiler/compile.ts";
import type { KernelInfo } from "../../core/backend.ts";
import { ShapeError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { Variable } from "../../core/variable.ts";
import { conv2d } from "../../ops/conv.ts";
import { type ConvAlgorithm, fourierObstacle, winogradObstacle } from "../../ops/conv-algorithm.ts";
import { type ConvPadding, convPadding } from "../../ops/conv-geometry.ts";
import { type PerAxis, perAxis, type Sides } from "../../ops/spatial.ts";
import {
  type AlgorithmCounts,
  type ConvolutionShape,
  directCounts,
  fourierCounts,
  im2colCounts,
  winogradCounts,
} from "./counts.ts";
import { exactOutputs, largestError } from "./exact-outputs.ts";
import { im2col } from "./im2col.ts";

export const comparedAlgorithms = ["direct", "im2col", "winograd", "fft"] as const;
export type ComparedAlgorithm = (typeof comparedAlgorithms)[number];

export interface ConvolutionAlgorithmsOptions {
  readonly stride?: PerAxis;
  readonly padding?: ConvPadding;
  readonly dilation?: PerAxis;
  readonly groups?: number;
  /** Which to compare; default: all that can compute the convolution. */
  readonly algorithms?: readonly ComparedAlgorithm[];
  /** How many times each is timed, in turn with the others; default 5, and 0 for no times. */
  readonly repeat?: number;
  /** At least so many milliseconds, all together; default 0. */
  readonly milliseconds?: number;
  readonly signal?: AbortSignal;
  /** Milliseconds of a clock that times are taken by; default the time of day's. */
  clock?(): number;
  onProgress?(done: number, of: number): void;
}

export interface AlgorithmResult extends AlgorithmCounts {
  readonly algorithm: ComparedAlgorithm;
  /** What the compiler made: "direct", "winograd 4×4", "fft 16×32". */
  readonly form: string;
  readonly output: Tensor;
  /** Largest difference from the sums in float64, relative to the largest of these. */
  readonly error: number;
  /** The least of the times of a run, with the weight already in its form. */
  readonly milliseconds: number | undefined;
}

export interface ConvolutionComparison {
  readonly shape: ConvolutionShape;
  readonly results: readonly AlgorithmResult[];
  /** Algorithms that cannot compute it, each with the reason. */
  readonly left: readonly { readonly algorithm: ComparedAlgorithm; readonly reason: string }[];
  /** The form that the compiler chooses by itself. */
  readonly auto: string;
  /** How many outputs were compared with float64. */
  readonly compared: number;
}

/**
 * The same convolution of x [N, C, H, W] with weight [O, C / groups, kH, kW] by several algorithms: results, errors, what
 * each has to do by theory, and how long it takes here.
 *
 * @throws ShapeError if the operands do not fit.
 */
export async function convolutionAlgorithms(
  x: Tensor,
  weight: Tensor,
  options: ConvolutionAlgorithmsOptions = {},
): Promise<ConvolutionComparison> {
  const { repeat = 5, milliseconds = 0, signal, onProgress } = options;
  const clock = (): number => options.clock?.() ?? performance.now();
  const { shape, padding } = shapeOf(x, weight, options);
  const left = comparedAlgorithms.flatMap((algorithm) => {
    const reason = obstacle(algorithm, weight, shape);
    return reason === undefined ? [] : [{ algorithm, reason }];
  });
  const wanted = (options.algorithms ?? comparedAlgorithms).filter((algorithm) =>
    left.every((each) => each.algorithm !== algorithm),
  );
  const settings = { stride: shape.stride, dilation: shape.dilation, groups: shape.groups, padding };
  const filters = new Variable(weight);
  const exact = exactOutputs(await x.data(), await weight.data(), shape, padding);
  const sides = [];
  for (const algorithm of wanted) {
    signal?.throwIfAborted();
    const run = compile(
      algorithm === "im2col"
        ? (input: Tensor): Tensor => im2col(input, filters.value, shape, padding)
        : (input: Tensor): Tensor => conv2d(input, filters.value, { ...settings, algorithm }),
    );
    const output = await run(x);
    const error = largestError(await output.data(), exact);
    const form = algorithm === "im2col" ? "im2col" : formOf((await run.program(x)).describe());
    sides.push({ algorithm, run, output, error, form, best: Number.POSITIVE_INFINITY });
    onProgress?.(sides.length, wanted.length + repeat);
  }
  const start = performance.now();
  for (let round = 0; repeat > 0 && (round < repeat || performance.now() - start < milliseconds); round++) {
    signal?.throwIfAborted();
    for (const side of sides) {
      const from = clock();
      await side.run(x);
      side.best = Math.min(side.best, clock() - from);
    }
    onProgress?.(wanted.length + Math.min(round + 1, repeat), wanted.length + repeat);
  }
  return {
    shape,
    results: sides.map(({ algorithm, output, error, form, best }) => ({
      algorithm,
      form,
      output,
      error,
      milliseconds: Number.isFinite(best) ? best : undefined,
      ...countsOf(algorithm, form, shape),
    })),
    left,
    auto: await chosenForm(x, filters, settings),
    compared: exact.places.length,
  };
}

interface Settings {
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
  readonly padding: readonly Sides[];
}

/** The form that the compiler chooses by itself, for filters that stay the same. */
async function chosenForm(x: Tensor, filters: Variable, settings: Settings): Promise<string> {
  const run = compile((input: Tensor): Tensor => conv2d(input, filters.value, settings));
  return formOf((await run.program(x)).describe());
}

/** How a program of one convolution computes it. */
export function formOf(kernels: readonly KernelInfo[]): string {
  const transformed = kernels.find(({ kind }) => kind === "fourier transform" || kind === "winograd");
  return transformed?.algorithm ?? "direct";
}

/** The algorithm that a form is of. */
export function algorithmOfForm(form: string): ConvAlgorithm {
  return form.startsWith("fft") ? "fft" : form.startsWith("winograd") ? "winograd" : "direct";
}

/** Most memory that the matrix of im2col may take. */
const mostBytes = 2 ** 28;

function obstacle(
  algorithm: ComparedAlgorithm,
  weight: Tensor,
  settings: ConvolutionShape,
): string | undefined {
  if (algorithm === "im2col") {
    const megabytes = (4 * im2colCounts(settings).elements) / 2 ** 20;
    if (megabytes * 2 ** 20 <= mostBytes) return undefined;
    return `is left out, as its matrix would take ${Math.round(megabytes)} MiB of at most ${mostBytes / 2 ** 20}`;
  }
  if (algorithm === "winograd") return winogradObstacle(weight.shape, settings);
  return algorithm === "fft" ? fourierObstacle(weight.shape, settings) : undefined;
}

function countsOf(algorithm: ComparedAlgorithm, form: string, shape: ConvolutionShape): AlgorithmCounts {
  const [first, second] = form
    .replace(/^\w+ /, "")
    .split("×")
    .map((extent) => Number(extent));
  if (algorithm === "im2col") return im2colCounts(shape);
  if (form.startsWith("winograd")) return winogradCounts(shape, first as 2 | 4);
  if (form.startsWith("fft")) return fourierCounts(shape, [first!, second!]);
  return directCounts(shape);
}

function shapeOf(
  x: Tensor,
  weight: Tensor,
  options: ConvolutionAlgorithmsOptions,
): { shape: ConvolutionShape; padding: Sides[] } {
  const op = "convolutionAlgorithms";
  if (x.rank !== 4 || weight.rank !== 4) {
    throw new ShapeError(op, "x must be [N, C, H, W] and weight [O, C / groups, kH, kW]", {
      x: x.shape,
      weight: weight.shape,
    });
  }
  const pair = (name: string, value: PerAxis): [number, number] =>
    perAxis(op, name, value, 2, 1) as [number, number];
  const [stride, dilation] = [pair("stride", options.stride ?? 1), pair("dilation", options.dilation ?? 1)];
  const padding = convPadding(op, options.padding ?? 0, weight.shape.slice(2), stride, dilation);
  const groups = options.groups ?? 1;
  const y = conv2d(x, weight, { stride, dilation, padding, groups });
  return {
    shape: {
      x: x.shape as ConvolutionShape["x"],
      weight: weight.shape as ConvolutionShape["weight"],
      extent: [y.shape[2]!, y.shape[3]!],
      stride,
      dilation,
      groups,
    },
    padding,
  };
}
