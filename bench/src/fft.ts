import { mkdirSync, writeFileSync } from "node:fs";
import { cpuUsage, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import {
  comparedAlgorithms,
  drawCrossover,
  type KernelSweep,
  kernelSweep,
  type SweptConvolution,
  sweptKernels,
  timeIn,
  timeOfChosen,
} from "../../dist/analyze/index.js";
import { createWasmBackend, setBackend } from "../../dist/index.js";

interface Swept {
  readonly title: string;
  readonly convolution: SweptConvolution;
  /** The file under docs/fft that its picture is written to. */
  readonly picture?: string;
}

const swept = (
  title: string,
  [channels, outChannels, extent]: readonly [number, number, number],
  { groups = 1, picture }: { groups?: number; picture?: string } = {},
): Swept => ({
  title,
  convolution: { input: [1, channels, extent, extent], outChannels, groups, stride: 1 },
  ...(picture !== undefined && { picture }),
});

const convolutions: readonly Swept[] = [
  swept("16 to 16 channels at 28×28", [16, 16, 28]),
  swept("64 to 64 channels at 28×28", [64, 64, 28], { picture: "crossover.svg" }),
  swept("64 to 64 channels at 56×56", [64, 64, 56]),
  swept("256 to 256 channels at 14×14", [256, 256, 14]),
  swept("3 to 64 channels at 112×112", [3, 64, 112]),
  swept("depthwise, 96 channels at 56×56", [96, 96, 56], { groups: 96, picture: "depthwise.svg" }),
  swept("depthwise, 384 channels at 14×14", [384, 384, 14], { groups: 384 }),
];

/** Times of a convolution's algorithms against the size of its kernel, in turn, one thread; the least of all rounds. */
export async function benchFft(seconds: number): Promise<(KernelSweep & { readonly title: string })[]> {
  setBackend(createWasmBackend({ threads: 1 }));
  const folder = fileURLToPath(new URL("../../docs/fft/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  stdout.write(
    "\nConvolution by direct sums, im2col, Winograd and FFT: one thread, milliseconds of the processor\n",
  );
  const sweeps: (KernelSweep & { readonly title: string })[] = [];
  for (const { title, convolution, picture } of convolutions) {
    const timing = { repeat: 5, milliseconds: 1000 * seconds, clock: processorTime };
    const found = await kernelSweep(convolution, sweptKernels, {
      ...timing,
      onKernel: ({ kernel }) => stderr.write(`${title}, ${kernel}×${kernel}\n`),
    });
    sweeps.push({ title, ...found });
    stdout.write(`\n${title}; ${conclusion(found)}\n\n${tableOf(found)}\n`);
    if (picture !== undefined) writeFileSync(`${folder}${picture}`, drawCrossover(title, found));
  }
  return sweeps;
}

/** Milliseconds that this process has computed for, which waiting for another does not lengthen. */
function processorTime(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

function conclusion({ fastestFrom, rows }: KernelSweep): string {
  const regret = Math.max(...rows.map((row) => timeOfChosen(row)! / leastTime(row)));
  const from =
    fastestFrom === undefined ? "FFT is not fastest" : `FFT is fastest from ${fastestFrom}×${fastestFrom} on`;
  return `${from}; the compiler's choice takes at most ${regret.toFixed(2)} times the least`;
}

function leastTime(row: KernelSweep["rows"][number]): number {
  return Math.min(
    ...comparedAlgorithms.map((algorithm) => timeIn(row, algorithm) ?? Number.POSITIVE_INFINITY),
  );
}

function tableOf({ rows }: KernelSweep): string {
  const lines = rows.map((row) => {
    const times = comparedAlgorithms.map((algorithm) => timeIn(row, algorithm)?.toFixed(3) ?? "");
    return `| ${[`${row.kernel}×${row.kernel}`, ...times, row.comparison.auto].join(" | ")} |`;
  });
  return [
    `| kernel | ${comparedAlgorithms.join(" | ")} | chosen |`,
    "| --- | --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}
