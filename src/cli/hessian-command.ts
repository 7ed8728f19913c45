import { type HessianSpectrum, hessianSpectrum } from "../analyze/curvature/hessian-spectrum.ts";
import { hessianTrace, type TraceEstimate } from "../analyze/curvature/hessian-trace.ts";
import { drawDensity, type SpectralDensity, spectralDensity } from "../analyze/curvature/spectral-density.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawTable } from "./draw-table.ts";
import { formatCount, formatDuration, formatNumber } from "./format.ts";
import { machineOptions, useThreads } from "./machine.ts";
import { type NetworkData, networkDataOptions, readBatches } from "./network-data.ts";
import { type Network, networkOptions, openNetwork, whatNetworksAre } from "./network-operand.ts";
import { integer, real, text } from "./option.ts";
import type { Terminal } from "./terminal.ts";
import { watchingDownloads } from "./watch-downloads.ts";
import { type WatchedWork, watchingWork } from "./watch-work.ts";
import { requirePictureName, writePicture } from "./write-picture.ts";

const options = {
  ...networkDataOptions,
  top: integer("how many of the largest eigenvalues", { initial: 5, least: 0, most: 1000 }),
  bottom: integer("how many of the smallest", { initial: 1, least: 0, most: 1000 }),
  tolerance: real("the largest error of an eigenvalue, as a part of the largest", {
    initial: 1e-3,
    least: 0,
  }),
  maxSteps: integer(
    "the most products with the Hessian (default: 100, or as many as 2 GiB of vectors hold; 40 for each probe of --out)",
    {
      initial: undefined,
      least: 1,
      most: 100_000,
    },
  ),
  probes: integer("random vectors for the trace, and for the picture", {
    initial: 5,
    least: 0,
    most: 10_000,
  }),
  out: text("FILE", "draws the density of all eigenvalues as .svg"),
  ...networkOptions,
  ...machineOptions,
} as const;

export const hessian: Command = defineCommand({
  name: "hessian",
  summary: "Find the largest and smallest eigenvalues of the loss's Hessian, its trace and its density",
  details: `${whatNetworksAre} One Hessian-vector product costs a few training steps' time on all images.`,
  operands: { name: "MODEL", least: 1, most: 1 },
  options,
  examples: [
    "fovea hessian runs/mine --top 10",
    "fovea hessian runs/mine --limit 5000 --out density.svg",
    "fovea hessian resnet50 --pretrained --data photos --limit 8 --batch-size 8 --top 1 --bottom 0 --probes 0",
  ],
  run: runHessian,
});

interface Found {
  readonly spectrum: HessianSpectrum;
  readonly trace: TraceEstimate | undefined;
  readonly density: SpectralDensity | undefined;
}

type Values = Arguments<typeof options>["values"];

function runHessian({ values, operands }: Arguments<typeof options>, terminal: Terminal): Promise<number> {
  useThreads(values.threads);
  const { out } = values;
  if (out !== undefined) requirePictureName(out, ["svg"]);
  const name = operands[0]!;
  return watchingWork(terminal, async (work) => {
    const { signal } = work.begin(name);
    const network = await watchingDownloads(terminal, (transfer) =>
      openNetwork(name, values, { ...transfer, ...(signal && { signal }) }),
    );
    const data = await readBatches(network, values, signal);
    const began = performance.now();
    const found = await analyze(network, data, values, work);
    const seconds = (performance.now() - began) / 1000;
    const { density } = found;
    if (density) await writePicture(out!, { svg: () => drawDensity(density, `Hessian of ${name}`) });
    report(found, { name, data, values, seconds }, terminal);
    return 0;
  });
}

async function analyze(
  { model }: Network,
  { batches }: NetworkData,
  { statistics, top, bottom, tolerance, maxSteps, seed, probes, out }: Values,
  work: WatchedWork,
): Promise<Found> {
  const shared = { statistics, seed };
  const spectrum = await hessianSpectrum(model, batches, {
    ...work.begin("eigenvalues"),
    ...shared,
    top,
    bottom,
    tolerance,
    ...(maxSteps !== undefined && { maxSteps }),
  });
  const trace =
    probes === 0
      ? undefined
      : await hessianTrace(model, batches, { ...work.begin("trace"), ...shared, probes });
  const density =
    out === undefined
      ? undefined
      : await spectralDensity(model, batches, {
          ...work.begin("density"),
          ...shared,
          probes: Math.max(1, probes),
          ...(maxSteps !== undefined && { steps: maxSteps }),
        });
  return { spectrum, trace, density };
}

interface Facts {
  readonly name: string;
  readonly data: NetworkData;
  readonly values: Values;
  readonly seconds: number;
}

function report(
  { spectrum, trace, density }: Found,
  { name, data, values, seconds }: Facts,
  terminal: Terminal,
): void {
  const { part, statistics, seed, out } = values;
  if (values.json) {
    const about = { model: name, data: data.data, part, images: data.images, statistics, seed, seconds };
    terminal.line(JSON.stringify({ ...about, ...spectrum, trace, density }));
    return;
  }
  const { largest, smallest, steps, converged, parameters } = spectrum;
  terminal.line(
    `${name} on ${formatCount(data.images)} images of ${data.data} (${part}), ${statistics} statistics`,
  );
  const state = converged ? "" : ", not converged: see --max-steps";
  terminal.line(`${formatCount(steps)} products with the Hessian in ${formatDuration(seconds)}${state}`);
  terminal.line();
  const rows = [
    ["eigenvalue", "", "residual"],
    ...largest.map(({ value, residual }, i) => [`λ ${i + 1}`, formatNumber(value), formatNumber(residual)]),
    ...smallest
      .map(({ value, residual }, i) => [
        `λ ${formatCount(parameters - i)}`,
        formatNumber(value),
        formatNumber(residual),
      ])
      .reverse(),
  ];
  for (const line of drawTable(rows, ["left", "right", "right"])) terminal.line(line);
  terminal.line();
  const facts = [
    ["parameters", formatCount(parameters)],
    ...(largest[0] && largest[0].value > 0
      ? [["2 / λ 1", `${formatNumber(2 / largest[0].value)} (gradient descent is stable below)`]]
      : []),
    ...(trace ? [["trace", `${formatNumber(trace.mean)} ± ${formatNumber(trace.standardError)}`]] : []),
  ];
  for (const line of drawTable(facts, ["left", "left"])) terminal.line(line);
  if (out === undefined) return;
  terminal.line();
  terminal.line(`Written to ${out}`);
}
