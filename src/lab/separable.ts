import { barChart } from "../plot/bar-chart.ts";
import { lineChart } from "../plot/line-chart.ts";
import { type Experiment, type LabContext, part } from "./experiment.ts";
import type { Report, Table, Verdict } from "./report.ts";
import {
  compareLayers,
  describeLayer,
  type LayerComparison,
  layerSettings,
  type MeasuredPair,
} from "./separable-layers.ts";
import { compareNetworks, kinds, type Networks } from "./separable-networks.ts";
import { percent, points } from "./statistics.ts";

export const separable: Experiment = {
  name: "separable",
  title: "Depthwise separable convolution against full convolution",
  claim:
    "A depthwise convolution followed by a 1×1 convolution takes 1/C_out + 1/k² of the multiply-accumulates of a full " +
    "k×k convolution between the same maps, and costs little accuracy (Howard et al.: MobileNets, 2017, section 3.1).",
  data: "cifar10",
  seeds: 3,
  run: runSeparable,
};

/** The first of CIFAR-10's five files. */
const trainLength = 10_000;

const quickSetting = { inChannels: 4, outChannels: 8, side: 8, kernelSize: 3 } as const;

/** How much accuracy may be lost for it to be little: MobileNets' table 4 has 1.1 points on ImageNet. */
const little = 0.03;

async function runSeparable(context: LabContext): Promise<Report> {
  const { quick } = context;
  const { train, test } = await context.load("cifar10", trainLength);
  const images = { train: train.subset({ end: Math.min(trainLength, train.length) }), test };
  const settings = quick ? [quickSetting] : layerSettings;
  const timing = quick ? { batch: 1, rounds: 2, warmUp: 1 } : { batch: 4, rounds: 15 };
  const layers = await compareLayers(part(context, "layers", 0, 2), settings, timing);
  const networks = await compareNetworks(part(context, "networks", 1, 2), images);
  return {
    summary: summarize(layers, networks),
    verdicts: judge(layers, networks),
    tables: [layerTable(layers, timing.batch), networkTable(networks)],
    pictures: [
      {
        name: "share-by-layer",
        caption:
          "What a separable convolution takes of a full one: the theory's 1/C_out + 1/k², and the measured times of the " +
          "forward pass and of the forward and backward pass.",
        svg: shareChart(layers),
      },
      {
        name: "training-loss",
        caption: "Training loss of the first seed, smoothed over 20 reports.",
        svg: lossChart(networks),
      },
    ],
    data: {
      layers: layers.map((layer) => ({
        ...layer,
        forward: { ...layer.forward },
        step: { ...layer.step },
      })),
      networks: kinds.map((kind, i) => ({
        kind,
        parameters: networks.parameters[i]!,
        macs: networks.macs[i]!,
        accuracies: networks.accuracy[i]!.values,
        forwardMs: networks.forward[kind],
        stepMs: networks.step[kind],
      })),
    },
  };
}

function judge(layers: readonly LayerComparison[], networks: Networks): Verdict[] {
  const deviation = Math.max(...layers.map(({ theory, macs }) => Math.abs(macs[1] / macs[0] - theory)));
  const slowest = Math.max(...layers.flatMap(({ forward, step }) => [forward.ratio, step.ratio]));
  const excess = layers.flatMap(({ theory, forward, step }) => [forward.ratio / theory, step.ratio / theory]);
  return [
    {
      statement: "The multiply-accumulates of every layer fall to 1/C_out + 1/k², counted from the shapes",
      holds: deviation < 1e-12,
      found: `the shares differ by at most ${deviation.toExponential(1)}`,
    },
    {
      statement: "The separable form is the faster one in every layer, forward and backward",
      holds: slowest < 1,
      found: `it takes at most ${share(slowest)} of the full one's time`,
    },
    {
      statement: "Time falls as far as the multiply-accumulates do, within a half",
      holds: Math.max(...excess) <= 1.5,
      found: `it takes ${Math.min(...excess).toFixed(1)} to ${Math.max(...excess).toFixed(1)} times the theory's share`,
    },
    {
      statement: `At equal shapes the separable network loses at most ${100 * little} points of accuracy`,
      holds: networks.loss.mean <= little,
      found: `it loses ${points(networks.loss)}`,
    },
  ];
}

function summarize(layers: readonly LayerComparison[], networks: Networks): string {
  const shares = layers.map(({ theory }) => theory);
  const times = layers.map(({ forward }) => forward.ratio);
  const steps = layers.map(({ step }) => step.ratio);
  const range = (values: readonly number[]): string =>
    `${share(Math.min(...values))} to ${share(Math.max(...values))}`;
  const [full, light] = networks.macs;
  return (
    `In single layers the theory leaves ${range(shares)} of the multiply-accumulates; of the time, ${range(times)} are left ` +
    `forward, and ${range(steps)} forward and backward. A network with the same maps keeps ${share(light! / full!)} of its ` +
    `multiply-accumulates and ${share(networks.parameters[1]! / networks.parameters[0]!)} of its parameters, takes ` +
    `${share(networks.forward.ratio)} of the time forward and ${share(networks.step.ratio)} in a training step, and reaches ` +
    `${percent(networks.accuracy[1]!)} instead of ${percent(networks.accuracy[0]!)} in the same number of steps.`
  );
}

const share = (value: number): string => `${(100 * value).toFixed(1)} %`;

function layerTable(layers: readonly LayerComparison[], batch: number): Table {
  return {
    title: "Layer by layer",
    head: [
      "layer",
      "1/C_out + 1/k²",
      "MACs",
      "parameters",
      "forward, ms",
      "share",
      "with backward, ms",
      "share",
    ],
    rows: layers.map((layer) => [
      describeLayer(layer),
      share(layer.theory),
      share(layer.macs[1] / layer.macs[0]),
      share(layer.parameters[1] / layer.parameters[0]),
      ...timeCells(layer.forward),
      ...timeCells(layer.step),
    ]),
    note:
      `Shares are separable / full; the times of both are medians for ${batch} images, measured in turn, and their share ` +
      "is the median over the rounds. Full 3×3 convolutions run in Winograd's form, which needs fewer products than are counted.",
  };
}

/** `12.3 → 4.5` and the share */
function timeCells({ full, separable: light, ratio }: MeasuredPair): [string, string] {
  return [`${full.toFixed(2)} → ${light.toFixed(2)}`, share(ratio)];
}

function networkTable({ parameters, macs, accuracy, forward, step }: Networks): Table {
  return {
    title: "Whole networks with maps of the same shapes",
    head: ["network", "parameters", "MACs", "test accuracy", "forward, ms", "training step, ms"],
    rows: [
      ...kinds.map((kind, i) => [
        kind,
        parameters[i]!.toLocaleString("en"),
        macs[i]!.toLocaleString("en"),
        percent(accuracy[i]!),
        forward[kind].toFixed(2),
        step[kind].toFixed(2),
      ]),
      [
        "separable / full",
        share(parameters[1]! / parameters[0]!),
        share(macs[1]! / macs[0]!),
        "",
        share(forward.ratio),
        share(step.ratio),
      ],
    ],
    note: "A stem of 16 maps, and four blocks with 32, 64, 64 and 128. Trained on 10,000 images at most, in 1,000 steps with 64 (Adam, one cycle). Times are for 64 images.",
  };
}

function shareChart(layers: readonly LayerComparison[]): string {
  return barChart({
    title: "Separable convolution: share of a full one",
    yLabel: "separable / full, %",
    categories: layers.map(
      ({ inChannels, outChannels, kernelSize }) =>
        `${inChannels}→${outChannels}, ${kernelSize}×${kernelSize}`,
    ),
    series: [
      { name: "theory", values: layers.map(({ theory }) => 100 * theory) },
      { name: "forward", values: layers.map(({ forward }) => 100 * forward.ratio) },
      { name: "with backward", values: layers.map(({ step }) => 100 * step.ratio) },
    ],
    width: 760,
  });
}

function lossChart({ curves }: Networks): string {
  return lineChart({
    title: "Training loss",
    xLabel: "update",
    yLabel: "cross entropy",
    series: kinds.map((kind, i) => ({ name: kind, points: smoothed(curves[i]!, 20), marks: false })),
  });
}

/** Means of the last `width` values. */
function smoothed(curve: readonly (readonly [number, number])[], width: number): [number, number][] {
  return curve.map(([x], i) => {
    const window = curve.slice(Math.max(0, i - width + 1), i + 1);
    return [x, window.reduce((sum, [, y]) => sum + y, 0) / window.length];
  });
}
