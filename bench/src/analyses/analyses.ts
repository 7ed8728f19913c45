import {
  type AttributionMethod,
  attribute,
  attributeTo,
  attributionMethods,
  compareFullyConnected,
  effectiveReceptiveField,
  equivariance,
  faithfulness,
  featureMaps,
  filters,
  hessianSpectrum,
  type LabelledBatch,
  landscapeGrid,
  lossLandscape,
  maximizeActivation,
  receptiveField,
  sanityCheck,
  shift,
  subjectOf,
  summarize,
} from "../../../dist/analyze/index.js";
import { check, cyclicGroup } from "../../../dist/equivariant/index.js";
import { type Tensor, tensor } from "../../../dist/index.js";
import { createModel } from "../../../dist/models/index.js";
import type { Module } from "../../../dist/nn/index.js";

export const network = "resnet50";
const imageShape = [3, 224, 224] as const;

export interface Analysis {
  readonly name: string;
  /** How much of it is done. */
  readonly amount: string;
  run(model: Module): Promise<unknown>;
}

/** Numbers that look random and are the same in every run. */
function images(count: number): Tensor {
  const shape = [count, ...imageShape];
  const size = shape.reduce((product, extent) => product * extent);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898) + Math.sin(i * 0.011)),
    {
      shape,
    },
  );
}

const batches = (): LabelledBatch[] => [[images(8), tensor(Int32Array.from([1, 2, 3, 4, 5, 6, 7, 8]))]];

async function allOf(maps: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of maps);
}

const attributions = Object.entries(attributionMethods).map(
  ([method, { title }]): Analysis => ({
    name: `attribute, ${title}`,
    amount: "one image",
    run: (model) => attribute(model, images(1), method as AttributionMethod),
  }),
);

/** Every analysis of the library, as its defaults have it where no amount is told. */
export const analyses: readonly Analysis[] = [
  { name: "summarize", amount: "", run: async (model) => summarize(model, imageShape) },
  {
    name: "compareFullyConnected",
    amount: "",
    run: async (model) => compareFullyConnected(model, imageShape),
  },
  { name: "receptiveField", amount: "every layer", run: async (model) => receptiveField(model, imageShape) },
  {
    name: "effectiveReceptiveField",
    amount: "last layer, 16 inputs",
    run: (model) => effectiveReceptiveField(model, imageShape),
  },
  {
    name: "equivariance",
    amount: "every layer, one shift, two images",
    run: (model) => equivariance(model, images(2), { transformations: [shift(0, 8)] }),
  },
  {
    name: "check",
    amount: "p4, every layer, two images",
    run: (model) => check(model, cyclicGroup(4), imageShape),
  },
  { name: "featureMaps", amount: "every layer", run: (model) => allOf(featureMaps(model, images(1))) },
  { name: "filters", amount: "every convolution", run: filters },
  ...attributions,
  {
    name: "faithfulness",
    amount: "deletion and insertion of one map, 32 steps each",
    run: async (model) => {
      const subject = await subjectOf(model, images(1));
      return faithfulness(subject, (await attributeTo(subject, "grad-cam")).values);
    },
  },
  {
    name: "sanityCheck",
    amount: "Grad-CAM, 8 steps",
    run: (model) => sanityCheck(model, images(1), ["grad-cam"], { most: 8 }),
  },
  {
    name: "maximizeActivation",
    amount: "one class, 64 steps",
    run: (model) => maximizeActivation(model, { imageShape, channels: [1], steps: 64 }),
  },
  {
    name: "lossLandscape",
    amount: "a line of 21 points, 8 images",
    run: (model) => lossLandscape(model, batches(), { grid: landscapeGrid(1, 21, 0.3) }),
  },
  {
    name: "hessianSpectrum",
    amount: "6 steps of Lanczos, 8 images",
    run: (model) => hessianSpectrum(model, batches(), { top: 1, bottom: 0, maxSteps: 6 }),
  },
];

/** A network with random weights, and how long one analysis of it takes from there on, compilation included. */
export async function timeAnalysis({ run }: Analysis): Promise<number> {
  const model = createModel(network).eval();
  // Initial values are promises too; they are no part of the analysis.
  await model.stateDict();
  const start = performance.now();
  await run(model);
  return performance.now() - start;
}
