import { type EffectiveField, effectiveReceptiveField } from "../analyze/effective-receptive-field.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ImageShape } from "../data/source.ts";
import { GlobalAvgPool } from "../nn/global-avg-pool.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { Sequential } from "../nn/sequential.ts";
import { relu } from "../ops/rectifiers.ts";
import { type LabContext, part } from "./experiment.ts";
import { doublingStack, plainStack, type Stack, sizeByFormula, stackLayers } from "./field-stacks.ts";
import { overSeeds } from "./over-seeds.ts";
import { type Statistics, statistics } from "./statistics.ts";
import { countParameters, type TrainingRecipe, trainClassifier } from "./train-classifier.ts";

/** A stack that classifies by the mean over all places, so that what a place sees is all that it can know. */
class FieldNetwork extends Module {
  readonly features: Module;
  readonly pool: GlobalAvgPool = new GlobalAvgPool();
  readonly classifier: Linear;

  constructor(stack: Stack, input: ImageShape, classes: number) {
    super();
    this.features = new Sequential(
      ...stackLayers(stack, channels, { inputs: input[0], normalized: true }),
    ) as Module;
    this.classifier = new Linear(channels, classes);
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.pool.forward(relu(this.features.forward(x))));
  }
}

const channels = 12;

interface MeasuredField {
  readonly size: Statistics;
  /** With the first seed. */
  readonly field: EffectiveField;
}

export interface TrainedField {
  readonly key: string;
  readonly stack: Stack;
  readonly parameters: number;
  readonly size: number;
  readonly accuracy: Statistics;
  readonly before: MeasuredField;
  readonly after: MeasuredField;
}

/** The effective fields of the last convolution before and after a short training. */
export async function trainedFields(context: LabContext): Promise<TrainedField[]> {
  const { train, test } = await context.load("digits");
  const recipe: TrainingRecipe = context.quick
    ? { train: train.subset({ end: 200 }), test: test.subset({ end: 100 }), steps: 4 }
    : { train, test: test.subset({ end: 2_000 }), steps: 800, batchSize: 32 };
  const images = await firstImages(test, context.quick ? 2 : 32);
  const kinds = [
    ["plain", plainStack(8)],
    ["doubling", doublingStack(4)],
  ] as const;
  const results: TrainedField[] = [];
  for (const [index, [key, stack]] of kinds.entries()) {
    const create = (): FieldNetwork => new FieldNetwork(stack, train.imageShape, train.classes.length);
    const runs = await overSeeds(part(context, stack.name, index, kinds.length), async (inner) => {
      const measure = (model: Module): Promise<EffectiveField> =>
        effectiveReceptiveField(model, train.imageShape, {
          layer: "features",
          images,
          seed: inner.seed,
          signal: inner.signal,
        });
      manualSeed(inner.seed);
      const before = await measure(create());
      const { model, test: judged } = await trainClassifier(inner, create, recipe);
      return {
        before,
        after: await measure(model),
        accuracy: judged.accuracy,
        parameters: countParameters(model),
      };
    });
    results.push({
      key,
      stack,
      parameters: runs[0]!.parameters,
      size: sizeByFormula(stack),
      accuracy: statistics(runs.map(({ accuracy }) => accuracy)),
      before: measured(runs.map(({ before }) => before)),
      after: measured(runs.map(({ after }) => after)),
    });
  }
  return results;
}

function measured(fields: readonly EffectiveField[]): MeasuredField {
  return {
    size: statistics(fields.map(({ size }) => size)),
    field: fields[0]!,
  };
}

async function firstImages(dataset: Dataset, count: number): Promise<Tensor> {
  for await (const [images] of dataset.subset({ end: count }).batches(count)) {
    return tensor((await images.data()).slice(), { shape: images.shape });
  }
  throw new RangeError("there are no images");
}
