import { directionTo } from "../analyze/loss-landscape/direction.ts";
import { drawLandscape } from "../analyze/loss-landscape/draw-landscape.ts";
import {
  type LandscapeGrid,
  type LandscapePoints,
  type LossLandscape,
  landscapeGrid,
  lossLandscape,
} from "../analyze/loss-landscape/loss-landscape.ts";
import { checksum, type SurfaceIdentity } from "../analyze/loss-landscape/surface-file.ts";
import type { Module } from "../nn/module.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawTable } from "./draw-table.ts";
import { formatCount, formatDuration, formatNumber, formatPercent } from "./format.ts";
import { machineOptions, useThreads } from "./machine.ts";
import { type NetworkData, networkDataOptions, readBatches } from "./network-data.ts";
import { type Network, networkOptions, openNetwork, whatNetworksAre } from "./network-operand.ts";
import { choice, flag, integer, real, text } from "./option.ts";
import { openSurface, type SurfaceStore } from "./surface-store.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";
import { watchingDownloads } from "./watch-downloads.ts";
import { type WatchedWork, watchingWork } from "./watch-work.ts";
import { requirePictureName, writePicture } from "./write-picture.ts";

const options = {
  ...networkDataOptions,
  dimensions: choice("N", ["1", "2"], "2", "a line or a surface"),
  steps: integer(
    "points on each axis; an odd number has the network itself among them (default: 21, or 51 on a line)",
    {
      initial: undefined,
      least: 2,
      most: 10_001,
    },
  ),
  range: real("how far the axes go to both sides; at 1 each filter has moved by its own norm", {
    initial: 1,
    least: 1e-9,
  }),
  normalize: choice("HOW", ["filter", "layer", "none"], "filter", "what a direction is scaled by"),
  vectors: flag("moves biases and the parameters of normalizations too"),
  to: text(
    "MODEL",
    "the line from MODEL's parameters to those of another one, from 0 to 1, in place of random ones",
  ),
  out: text("FILE", "writes the picture as .svg, and all points beside it as .json"),
  resume: text(
    "FILE",
    "keeps all points in FILE as they are found, and goes on with those that are there (default: beside --out)",
  ),
  ...networkOptions,
  ...machineOptions,
} as const;

type Values = Arguments<typeof options>["values"];

export const landscape: Command = defineCommand({
  name: "landscape",
  summary: "Show the loss around a network's parameters, along filter-normalized random directions",
  details: `${whatNetworksAre} Ctrl-C keeps what was found; the same command goes on from there to the same surface. Li et al. 2018.`,
  operands: { name: "MODEL", least: 1, most: 1 },
  options,
  examples: [
    "fovea landscape runs/mine --out surface.svg",
    "fovea landscape runs/mine --dimensions 1 --steps 101 --range 0.5 --limit 5000",
    "fovea landscape runs/one --to runs/other --out between.svg",
  ],
  run: runLandscape,
});

function runLandscape(
  { values, operands, given }: Arguments<typeof options>,
  terminal: Terminal,
): Promise<number> {
  useThreads(values.threads);
  const { out, to } = values;
  if (out !== undefined) requirePictureName(out, ["svg"]);
  for (const name of ["dimensions", "range", "normalize", "vectors"] as const) {
    if (to !== undefined && given.has(name))
      throw new UsageError(`--${name} is for random directions, without --to`);
  }
  const surface = async (work: WatchedWork): Promise<number> => {
    const { signal } = work.begin(operands[0]!);
    const open = (name: string): Promise<Network> =>
      watchingDownloads(terminal, (transfer) =>
        openNetwork(name, values, { ...transfer, ...(signal && { signal }) }),
      );
    const network = await open(operands[0]!);
    const end = to === undefined ? undefined : (await open(to)).model;
    const data = await readBatches(network, values, signal);
    const grid = gridOf(values);
    const store = await openSurface(storeOf(values), await identityOf(network, data, values, end), grid);
    const began = performance.now();
    const found = await compute(network, data, values, { grid, end, store }, work);
    const seconds = (performance.now() - began) / 1000;
    if (out !== undefined) await writePicture(out, { svg: () => draw(found, network.name, values) });
    report(found, { network, data, values, seconds, known: store.points }, terminal);
    return 0;
  };
  return watchingWork(terminal, surface, interrupted(values));
}

interface Task {
  readonly grid: LandscapeGrid;
  /** Where a line goes to. */
  readonly end: Module | undefined;
  readonly store: SurfaceStore;
}

/** All points that are not stored yet; whatever ends it, those that were found are. */
async function compute(
  { model }: Network,
  { batches }: NetworkData,
  { statistics, seed, normalize, vectors }: Values,
  { grid, end, store }: Task,
  work: WatchedWork,
): Promise<LossLandscape> {
  try {
    return await lossLandscape(model, batches, {
      ...work.begin("points"),
      statistics,
      seed,
      normalize,
      ignoreVectors: !vectors,
      grid,
      ...(end && { directions: [await directionTo(model, await end.stateDict())] }),
      known: store.points,
      onPoint: store.keep,
    });
  } finally {
    await store.close();
  }
}

function gridOf({ dimensions, steps, range, to }: Values): LandscapeGrid {
  if (to !== undefined) {
    const count = steps ?? 51;
    return { alphas: Array.from({ length: count }, (_, i) => i / (count - 1)), betas: [0] };
  }
  return dimensions === "1" ? landscapeGrid(1, steps ?? 51, range) : landscapeGrid(2, steps ?? 21, range);
}

/** All that decides the points besides the grid. */
async function identityOf(
  { model }: Network,
  { data, images }: NetworkData,
  { part, batchSize, statistics, seed, normalize, vectors }: Values,
  end: Module | undefined,
): Promise<SurfaceIdentity> {
  const judged = { network: await checksum(model), data, part, images, batchSize, statistics, seed };
  return end === undefined ? { ...judged, normalize, vectors } : { ...judged, to: await checksum(end) };
}

/** The file of all points, where there is to be one. */
function storeOf({ out, resume }: Values): string | undefined {
  return resume ?? out?.replace(/\.svg$/i, ".json");
}

function interrupted(values: Values): string {
  const file = storeOf(values);
  return file === undefined
    ? "Interrupted; nothing was kept, since neither --out nor --resume names a file"
    : `Interrupted; what was found is in ${file}, and the same command goes on from there`;
}

function draw(found: LossLandscape, name: string, { to }: Values): Promise<string> {
  return to === undefined
    ? drawLandscape(found, { title: `Loss around ${name}` })
    : drawLandscape(found, { title: `Loss from ${name} to ${to}`, xLabel: "share of the way" });
}

interface Facts {
  readonly network: Network;
  readonly data: NetworkData;
  readonly values: Values;
  readonly seconds: number;
  readonly known: LandscapePoints;
}

function report(
  found: LossLandscape,
  { network, data, values, seconds, known }: Facts,
  terminal: Terminal,
): void {
  const { alphas, betas, loss, accuracy } = found;
  const { part, statistics, seed, out } = values;
  if (values.json) {
    const about = {
      model: network.name,
      data: data.data,
      part,
      images: data.images,
      statistics,
      seed,
      seconds,
    };
    terminal.line(JSON.stringify({ ...about, ...found }));
    return;
  }
  const place = (i: number): string[] => [
    formatNumber(loss[i]!),
    Number.isFinite(accuracy[i]) ? formatPercent(accuracy[i]!) : "",
    formatNumber(alphas[i % alphas.length]!),
    formatNumber(betas[Math.floor(i / alphas.length)]!),
  ];
  const order = [...loss.keys()].sort((i, j) => loss[i]! - loss[j]!);
  const origin = betas.indexOf(0) * alphas.length + alphas.indexOf(0);
  const rows = [
    ...(alphas.includes(0) && betas.includes(0) ? [["the network", ...place(origin)]] : []),
    ...(values.to === undefined ? [] : [["its goal", ...place(alphas.length - 1)]]),
    ["lowest", ...place(order[0]!)],
    ["highest", ...place(order.at(-1)!)],
  ];
  const computed = loss.length - known.loss.length;
  const kept = known.loss.length > 0 ? ` (${formatCount(known.loss.length)} were there)` : "";
  terminal.line(
    `${network.name} on ${formatCount(data.images)} images of ${data.data} (${part}), ${statistics} statistics`,
  );
  terminal.line(`${formatCount(computed)} points in ${formatDuration(seconds)}${kept}`);
  terminal.line();
  const head = ["", "loss", "accuracy", "α", "β"];
  for (const line of drawTable([head, ...rows], ["left", "right", "right", "right", "right"]))
    terminal.line(line);
  if (out === undefined) return;
  terminal.line();
  terminal.line(`Written to ${out} and ${storeOf(values)}`);
}
