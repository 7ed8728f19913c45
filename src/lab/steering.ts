import { lineChart } from "../plot/line-chart.ts";
import { type Experiment, type LabContext, part } from "./experiment.ts";
import type { Picture, Report, Table, Verdict } from "./report.ts";
import { percent } from "./statistics.ts";
import {
  type KernelRow,
  type Measured,
  measureKernels,
  measureNetworks,
  measureOrdinary,
  measureRings,
  type NetworkRow,
  type RingsRow,
  type Turned,
  usualDetail,
} from "./steering-measure.ts";
import { width } from "./steering-networks.ts";

const kernelSizes = [3, 5, 7, 9] as const;
/** The finest detail of the images, in periods a pixel; half of one is what pixels can hold. */
const details: readonly number[] = [0.025, 0.05, usualDetail, 0.15, 0.2, 0.25];
const depth = 4;

export const steering: Experiment = {
  name: "steering",
  title: "Rotations between the pixels: how equivariant steerable convolutions are on a grid",
  claim:
    "Kernels made of circular harmonics turn by any angle, so that convolutions with them are equivariant to rotations " +
    "finer than the grid's quarter turns, but for what sampling loses: nothing for quarter turns, and little for smooth " +
    "images and kernels with no higher frequencies than their pixels can hold (Weiler, Cesa 2019, section 2.4).",
  seeds: 3,
  run: runSteering,
};

interface Found {
  readonly details: readonly number[];
  readonly kernels: readonly KernelRow[];
  readonly ordinary: Measured;
  readonly rings: readonly RingsRow[];
  readonly networks: readonly NetworkRow[];
}

async function runSteering(context: LabContext): Promise<Report> {
  const { quick } = context;
  const found: Found = {
    details: quick ? [usualDetail, 0.2] : details,
    kernels: await measureKernels(
      part(context, "kernels", 0, 4),
      quick ? [5] : kernelSizes,
      quick ? [usualDetail, 0.2] : details,
    ),
    ordinary: await measureOrdinary(part(context, "an ordinary convolution", 1, 4)),
    rings: await measureRings(part(context, "rings", 2, 4)),
    networks: await measureNetworks(part(context, "networks", 3, 4), quick ? 1 : depth),
  };
  const { ordinary, networks } = found;
  const [plane, p4, , c8, c16] = deepest(networks);
  const layers = networks[0]!.byDepth.length;
  return {
    summary:
      `A convolution of 5×5 pixels from images to maps on C8 errs by ${percent(five(found).centre)} when an image with ` +
      `details of ${1 / usualDetail} pixels turns by 45°, and an ordinary one by ${percent(ordinary.centre, 0)}. After ` +
      `${layers} layer${layers === 1 ? "" : "s"} with ReLU and a pooling over the group, a turn by 22.5° changes the output by ` +
      `${percent(c16.sixteenth)} on C16, ${percent(c8.sixteenth)} on C8, ${percent(p4.sixteenth)} on p4 and ${percent(plane.sixteenth)} without a group.`,
    verdicts: judge(found),
    tables: [kernelTable(found), ringTable(found), networkTable(found)],
    pictures: draw(found),
    data: {
      kernels: found.kernels.map(({ kernelSize, quarter, eighth }) => ({
        kernelSize,
        quarter: quarter.mean,
        eighth: eighth.map((each, i) => ({ detail: found.details[i]!, ...means(each) })),
      })),
      ordinary: means(ordinary),
      rings: found.rings.map(({ kernelSize, rings, weights, eighth }) => ({
        kernelSize,
        rings: rings.map((each) => ({ ...each })),
        weights,
        ...means(eighth),
      })),
      networks: networks.map(({ name, byDepth }) => ({
        name,
        byDepth: byDepth.map(({ quarter, eighth, sixteenth }) => ({
          quarter: quarter.mean,
          eighth: eighth.mean,
          sixteenth: sixteenth.mean,
        })),
      })),
    },
  };
}

const deepest = (networks: readonly NetworkRow[]) =>
  networks.map(({ byDepth }) => byDepth.at(-1)!) as [Turned, Turned, Turned, Turned, Turned];

/** A kernel of 5×5 pixels on images of the usual detail. */
function five({ kernels, details: measured }: Found): Measured {
  return kernels.find(({ kernelSize }) => kernelSize === 5)!.eighth[measured.indexOf(usualDetail)]!;
}

const means = ({ error, centre, interpolation }: Measured) => ({
  error: error.mean,
  centre: centre.mean,
  interpolation: interpolation.mean,
});

function judge(found: Found): Verdict[] {
  const { kernels, ordinary, networks } = found;
  const [plane, p4, c4, c8, c16] = deepest(networks);
  const inside = [c8.eighth, c16.eighth, c16.sixteenth].map(({ mean }) => mean);
  const outside = [plane, p4, c4].flatMap(({ eighth, sixteenth }) => [eighth.mean, sixteenth.mean]);
  const most = Math.max(...inside);
  const least = Math.min(...outside, c8.sixteenth.mean, plane.quarter.mean);
  const quarter = Math.max(...kernels.flatMap((row) => row.quarter.values));
  return [
    {
      statement: "Quarter turns pass to single precision, whatever the kernel's size",
      holds: quarter <= 1e-5,
      found: `an error of at most ${quarter.toExponential(1)}`,
    },
    {
      statement:
        "45° passes with an error of at most 2 % for smooth images, and not through an ordinary convolution",
      holds: five(found).error.mean <= 0.02 && ordinary.error.mean >= 0.5,
      found: `${percent(five(found).error)} and ${percent(ordinary.error, 0)}`,
    },
    {
      statement: "The finer the images' details, the larger the error, for every kernel",
      holds: kernels.every(({ eighth }) => eighth[0]!.error.mean < eighth.at(-1)!.error.mean),
      found: kernels
        .map(({ eighth }) => `${percent(eighth[0]!.error)} to ${percent(eighth.at(-1)!.error)}`)
        .join(", "),
    },
    {
      statement:
        "After all layers, turns by 45° and 22.5° that are in the group change the output by less than half of what any " +
        "turn outside of it does",
      holds: most < least / 2,
      found: `at most ${share(most)} and at least ${share(least)}`,
    },
  ];
}

function draw({ details: measured, kernels, networks }: Found): Picture[] {
  return [
    {
      name: "error-by-detail",
      caption:
        "Error at 45° in the pixel in the middle, where nothing is interpolated, by the finest detail.",
      svg: lineChart({
        title: "45° through one layer",
        xLabel: "finest detail, periods a pixel",
        yLabel: "relative error",
        yScale: "log",
        series: kernels.map(({ kernelSize, eighth }) => ({
          name: `${kernelSize}×${kernelSize}`,
          points: eighth.map(({ centre }, i) => [measured[i]!, centre.mean] as const),
        })),
      }),
    },
    {
      name: "error-by-depth",
      caption: "What a turn by 22.5° changes after some layers and the pooling over the group.",
      svg: lineChart({
        title: "22.5° through a network",
        xLabel: "layers",
        yLabel: "relative error",
        yScale: "log",
        series: networks.map(({ name, byDepth }) => ({
          name,
          points: byDepth.map(({ sixteenth }, i) => [i + 1, sixteenth.mean] as const),
        })),
      }),
    },
  ];
}

function kernelTable({ kernels, ordinary, details: measured }: Found): Table {
  return {
    title: "One layer by kernel size and detail",
    head: ["kernel", "90°", ...measured.map((detail) => `45°, ${detail}`)],
    rows: [
      ...kernels.map(({ kernelSize, quarter, eighth }) => [
        `${kernelSize}×${kernelSize}`,
        quarter.mean.toExponential(1),
        ...eighth.map(({ error, centre }) => `${share(error.mean)}, ${share(centre.mean)}`),
      ]),
      [
        "interpolation alone",
        "",
        ...measured.map((_, i) =>
          share(kernels.find((row) => row.kernelSize === 5)!.eighth[i]!.interpolation.mean),
        ),
      ],
      [
        "ordinary 5×5",
        "",
        ...measured.map((detail) =>
          detail === usualDetail ? `${share(ordinary.error.mean)}, ${share(ordinary.centre.mean)}` : "",
        ),
      ],
    ],
    note:
      `From an image to ${width / 8} maps on C8, random weights, means over the seeds: ‖f(g x) − g f(x)‖/‖f(x)‖ first on the ` +
      "disc inscribed in the map, where g f(x) is interpolated (bicubic), then in the pixel in the middle, which needs " +
      "no interpolation. Images are sums of plane waves with at most so many periods a pixel, which are known between " +
      "the pixels. “Interpolation alone” is what turning the output of the 5×5 layer there and back changes.",
  };
}

const share = (value: number): string => `${(100 * value).toFixed(2)} %`;

function ringTable({ rings: rows }: Found): Table {
  return {
    title: "One layer by the rings of its kernels",
    head: ["kernel", "radius (σ, highest frequency) of each ring", "weights a field", "45°", "in the middle"],
    rows: rows.map(({ kernelSize, rings, weights, eighth: { error, centre } }) => [
      `${kernelSize}×${kernelSize}`,
      rings.map(({ radius, sigma, maxFrequency }) => `${radius} (${sigma}, ${maxFrequency})`).join("; "),
      String(weights),
      percent(error),
      percent(centre),
    ]),
    note: `The same for images of at most ${usualDetail} periods a pixel.`,
  };
}

function networkTable({ networks }: Found): Table {
  return {
    title: "Networks by depth",
    head: ["group", "layers", "90°", "45°", "22.5°"],
    rows: networks.flatMap(({ name, byDepth }) =>
      byDepth.map(({ quarter, eighth, sixteenth }, i) => [
        name,
        String(i + 1),
        quarter.mean < 1e-4 ? quarter.mean.toExponential(1) : percent(quarter),
        percent(eighth),
        percent(sixteenth),
      ]),
    ),
    note:
      `Convolutions of 5×5 pixels to ${width} channels with ReLU, and the largest value over the group; random weights. ` +
      "p4 has the filters of group convolution, a number for each pixel; C4 the same group with steerable, smooth ones.",
  };
}
