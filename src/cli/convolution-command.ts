import {
  type AlgorithmResult,
  type ComparedAlgorithm,
  type ConvolutionComparison,
  comparedAlgorithms,
  convolutionAlgorithms,
} from "../analyze/convolution/convolution-algorithms.ts";
import {
  drawCrossover,
  type KernelSweep,
  kernelSweep,
  type SweptConvolution,
  sweptKernels,
  timeIn,
} from "../analyze/convolution/kernel-sweep.ts";
import { type MirroredTraining, mirroredTraining } from "../analyze/convolution/mirrored-training.ts";
import { Draw } from "../core/draw.ts";
import { sizeOf } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawTable } from "./draw-table.ts";
import { formatCount, formatNumber, formatScaled } from "./format.ts";
import { listenForInterruption } from "./interruption.ts";
import { machineOptions, useThreads } from "./machine.ts";
import { flag, integer, text, tuple } from "./option.ts";
import { ProgressDisplay } from "./progress-display.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { requirePictureName, writePicture } from "./write-picture.ts";

const extent = { least: 1, most: 4096, whole: true } as const;

const options = {
  input: tuple("C,H,W", "channels, height and width of the image (default: 64,28,28)", [
    extent,
    extent,
    extent,
  ]),
  batch: integer("images", { initial: 1, least: 1, most: 1024 }),
  outChannels: integer("output channels (default: as many as the input has)", {
    initial: undefined,
    least: 1,
    most: 4096,
  }),
  kernel: tuple("KH,KW", "height and width of the kernel (default: 7,7)", [extent, extent]),
  stride: integer("distance of neighbouring outputs", { initial: 1, least: 1, most: 64 }),
  padding: integer("zeros on each side (default: half the kernel)", {
    initial: undefined,
    least: 0,
    most: 4096,
  }),
  dilation: integer("distance of the kernel's taps", { initial: 1, least: 1, most: 64 }),
  groups: integer("parts of the channels that do not see each other", { initial: 1, least: 1, most: 4096 }),
  repeat: integer("times that each is timed, in turn with the others; the least counts", {
    initial: 20,
    least: 1,
    most: 10_000,
  }),
  sweep: flag(`times square kernels of ${sweptKernels.join(", ")}, and says from which on FFT is fastest`),
  out: text("FILE", "writes the times of --sweep as a picture, .svg"),
  ...machineOptions,
} as const;

type ConvolutionArguments = Arguments<typeof options>;

export const convolution: Command = defineCommand({
  name: "convolution",
  summary: "Compute one convolution by direct sums, im2col, Winograd and FFT, side by side",
  details:
    "Errors are the largest difference from float64, relative to the largest output. Products are multiplications of " +
    "data with weights; those of constants in the transforms are counted apart. Memory is what an algorithm makes on the " +
    "way. Times are for weights that stay the same, whose form is made once.",
  operands: { name: "", least: 0, most: 0 },
  options,
  examples: [
    "fovea convolution",
    "fovea convolution --input 192,17,17 --kernel 1,7",
    "fovea convolution --sweep --input 96,56,56 --groups 96 --out crossover.svg",
  ],
  run: runConvolution,
});

async function runConvolution(args: ConvolutionArguments, terminal: Terminal): Promise<number> {
  const { values } = args;
  refuseContradictions(args);
  useThreads(values.threads);
  using interruption = listenForInterruption(() => {});
  const { signal } = interruption;
  const display = new ProgressDisplay(terminal, values.json || !terminal.interactive);
  try {
    if (values.sweep) await sweep(values, signal, display, terminal);
    else await compareOne(values, signal, display, terminal);
  } catch (error) {
    display.clear();
    if (!signal.aborted) throw error;
    return interruption.exitCode;
  }
  return 0;
}

type Values = ConvolutionArguments["values"];

function refuseContradictions({ values, given }: ConvolutionArguments): void {
  const { sweep: swept, out, groups } = values;
  if (out !== undefined && !swept) throw new UsageError("--out is for the picture of --sweep");
  if (out !== undefined) requirePictureName(out, ["svg"]);
  for (const name of ["kernel", "padding", "dilation"] as const)
    if (swept && given.has(name)) throw new UsageError(`--${name} is for one convolution, without --sweep`);
  for (const [name, count] of [
    ["input", channelsOf(values).inChannels],
    ["output", channelsOf(values).outChannels],
  ] as const)
    if (count % groups !== 0)
      throw new UsageError(`${count} ${name} channels do not divide into --groups ${groups}`);
}

function channelsOf({ input, outChannels }: Values): { inChannels: number; outChannels: number } {
  const inChannels = input?.[0] ?? 64;
  return { inChannels, outChannels: outChannels ?? inChannels };
}

function imageOf(values: Values): SweptConvolution["input"] {
  const [, height = 28, width = 28] = values.input ?? [];
  return [values.batch, channelsOf(values).inChannels, height, width];
}

async function compareOne(
  values: Values,
  signal: AbortSignal,
  display: ProgressDisplay,
  terminal: Terminal,
): Promise<void> {
  const [kernelHeight, kernelWidth] = (values.kernel ?? [7, 7]) as [number, number];
  const { stride, dilation, groups, repeat } = values;
  const { inChannels, outChannels } = channelsOf(values);
  const reached = [kernelHeight, kernelWidth].map((k) => dilation * (k - 1) + 1);
  const padding = reached.map((k) => values.padding ?? Math.floor(k / 2));
  const x = random(imageOf(values), 1);
  const weight = random([outChannels, inChannels / groups, kernelHeight, kernelWidth], 2);
  const compared = await convolutionAlgorithms(x, weight, {
    stride,
    dilation,
    groups,
    padding,
    repeat,
    signal,
    onProgress: (done, of) => display.show("timing", done, of),
  });
  const mirrored = await mirroredTraining({ signal });
  display.clear();
  if (values.json) {
    const results = compared.results.map(({ output: _, ...result }) => result);
    const { kernels: _, ...training } = mirrored;
    terminal.line(JSON.stringify({ ...compared, results, mirrored: training }));
    return;
  }
  for (const line of [...describe(compared, terminal), "", ...describeMirror(mirrored, terminal)])
    terminal.line(line);
}

function random(shape: readonly number[], seed: number): Tensor {
  const draw = new Draw(seed);
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => draw.float(-1, 1)),
    { shape },
  );
}

function describe(compared: ConvolutionComparison, { style }: Terminal): string[] {
  const { shape, results, left, auto } = compared;
  const direct = results.find(({ algorithm }) => algorithm === "direct")?.milliseconds;
  const head = ["algorithm", "products", "transforms", "memory", "largest error", "ms", "× direct"];
  const rows = results.map((result: AlgorithmResult) => [
    result.form,
    formatScaled(result.multiplications),
    result.transforms === 0 ? "" : formatScaled(result.transforms),
    result.elements === 0 ? "" : formatScaled(4 * result.elements, "B"),
    result.error.toExponential(1),
    formatMilliseconds(result.milliseconds),
    direct === undefined || result.milliseconds === undefined
      ? ""
      : (direct / result.milliseconds).toFixed(2),
  ]);
  const align = ["left", "right", "right", "right", "right", "right", "right"] as const;
  const [heading, ...table] = drawTable([head, ...rows], align);
  return [
    `x ${shape.x.join("×")}, weight ${shape.weight.join("×")}: outputs of ${shape.extent.join("×")}`,
    "",
    style.dim(heading!),
    ...table,
    ...left.map(({ algorithm, reason }) => `${algorithm} ${reason}`),
    "",
    `The compiler chooses ${auto}.`,
  ];
}

function formatMilliseconds(time: number | undefined): string {
  return time === undefined ? "" : time.toFixed(time < 10 ? 2 : 1);
}

/** That the two operations called convolution differ by a flip, which learning absorbs. */
function describeMirror(mirrored: MirroredTraining, { style }: Terminal): string[] {
  const { correlation, convolution: convolved, largestDifference, kernels } = mirrored;
  const same = correlation.every((loss, step) => loss === convolved[step]);
  const steps = [0, ...[1, 2, 3].map((third) => Math.round((third * (correlation.length - 1)) / 3))];
  const table = drawTable(
    [
      ["step", ...steps.map((step) => String(step))],
      ["cross-correlation", ...steps.map((step) => formatNumber(correlation[step]!))],
      ["true convolution", ...steps.map((step) => formatNumber(convolved[step]!))],
    ],
    ["left", ...steps.map(() => "right" as const)],
  );
  const kernelRows = kernels.correlation.map((row, i) => [
    row.map(formatTap).join(" "),
    kernels.convolution[i]!.map(formatTap).join(" "),
  ]);
  return [
    style.bold("Cross-correlation and true convolution"),
    "Layers compute y[p] = Σ x[p + k] w[k]; true convolution is Σ x[p − k] w[k], the same with the kernel flipped.",
    "Two networks, trained from weights that are each other's mirror images: losses",
    ...table,
    same && largestDifference === 0
      ? `All ${correlation.length} losses are the same bit by bit, and all weights are still mirror images: learning absorbs the flip.`
      : `Weights differ from mirror images by up to ${formatNumber(largestDifference)}.`,
    "A kernel of both, as learned:",
    ...drawTable(kernelRows, ["left", "left"]).map((line) => `  ${line}`),
  ];
}

const formatTap = (value: number): string => value.toFixed(2).padStart(5);

async function sweep(
  values: Values,
  signal: AbortSignal,
  display: ProgressDisplay,
  terminal: Terminal,
): Promise<void> {
  const { groups, stride, repeat, out } = values;
  const input = imageOf(values);
  const { outChannels } = channelsOf(values);
  let done = 0;
  display.show("kernel 3×3", 0, sweptKernels.length);
  const found = await kernelSweep({ input, outChannels, groups, stride }, sweptKernels, {
    repeat,
    signal,
    onKernel: ({ kernel }) => display.show(`kernel ${kernel}×${kernel}`, ++done, sweptKernels.length),
  });
  display.clear();
  const title = `${input.slice(1).join("×")} to ${outChannels} channels${groups > 1 ? `, ${groups} groups` : ""}`;
  if (out !== undefined) await writePicture(out, { svg: () => drawCrossover(title, found) });
  if (values.json) terminal.line(JSON.stringify(found));
  else for (const line of describeSweep(title, found, terminal)) terminal.line(line);
}

const headings: Readonly<Record<ComparedAlgorithm, string>> = {
  direct: "direct",
  im2col: "im2col",
  winograd: "Winograd",
  fft: "FFT",
};

function describeSweep(title: string, { rows, fastestFrom }: KernelSweep, { style }: Terminal): string[] {
  const cells = rows.map((row) => [
    `${row.kernel}×${row.kernel}`,
    ...comparedAlgorithms.map((algorithm) => formatMilliseconds(timeIn(row, algorithm))),
    row.comparison.auto,
    formatCount(
      Math.round(
        row.comparison.results.find(({ algorithm }) => algorithm === "direct")!.multiplications / 1e6,
      ),
    ),
  ]);
  const head = ["kernel", ...comparedAlgorithms.map((algorithm) => headings[algorithm]), "chosen", "MMACs"];
  const align = ["left", "right", "right", "right", "right", "left", "right"] as const;
  const [heading, ...table] = drawTable([head, ...cells], align);
  return [
    `${title}: milliseconds`,
    "",
    style.dim(heading!),
    ...table,
    "",
    fastestFrom === undefined
      ? "FFT is not the fastest for the largest kernel."
      : `FFT is the fastest from ${fastestFrom}×${fastestFrom} on.`,
  ];
}
