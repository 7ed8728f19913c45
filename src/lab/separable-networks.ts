import { valueAndGrad } from "../autograd/grad.ts";
import { compile } from "../compiler/compile.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { TrainTest } from "../data/mnist.ts";
import type { ImageShape } from "../data/source.ts";
import { BatchNorm2d } from "../nn/batch-norm2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { GlobalAvgPool } from "../nn/global-avg-pool.ts";
import { Linear } from "../nn/linear.ts";
import type { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { crossEntropy } from "../ops/cross-entropy.ts";
import { SGD } from "../train/optimizers/sgd.ts";
import { compareTimes } from "./compare-times.ts";
import { type LabContext, part } from "./experiment.ts";
import { layerMacs } from "./layer-macs.ts";
import { overSeeds } from "./over-seeds.ts";
import { type MeasuredPair, measured, random } from "./separable-layers.ts";
import { type Statistics, statistics } from "./statistics.ts";
import { countParameters, trainClassifier } from "./train-classifier.ts";

/** [input channels, output channels, stride] of the blocks behind the stem. */
const blocks = [
  [16, 32, 2],
  [32, 64, 2],
  [64, 64, 1],
  [64, 128, 2],
] as const;

export type Kind = "full" | "separable";
export const kinds: readonly Kind[] = ["full", "separable"];

/** Both kinds have maps of the same shapes; every convolution is followed by batch normalization and ReLU. */
function network(kind: Kind, [channels]: ImageShape, classes: number, depth: number): Module {
  const conv = (from: number, to: number, kernelSize: number, stride: number, groups = 1): Module[] => [
    new Conv2d(from, to, kernelSize, { stride, groups, padding: (kernelSize - 1) / 2, bias: false }),
    new BatchNorm2d(to),
    new ReLU(),
  ];
  const used = blocks.slice(0, depth);
  const body = used.flatMap(([from, to, stride]) =>
    kind === "full"
      ? conv(from, to, 3, stride)
      : [...conv(from, from, 3, stride, from), ...conv(from, to, 1, 1)],
  );
  const [first, last] = [blocks[0][0], used.at(-1)![1]];
  return new Sequential(
    ...conv(channels, first, 3, 1),
    ...body,
    new GlobalAvgPool(),
    new Linear(last, classes),
  );
}

export interface Networks {
  readonly parameters: readonly number[];
  readonly macs: readonly number[];
  readonly accuracy: readonly Statistics[];
  /** Accuracy of the full network less that of the separable one, seed by seed. */
  readonly loss: Statistics;
  readonly curves: readonly (readonly (readonly [step: number, loss: number])[])[];
  readonly forward: MeasuredPair;
  readonly step: MeasuredPair;
}

/** Trains both kinds over the seeds, and times them. */
export async function compareNetworks(context: LabContext, { train, test }: TrainTest): Promise<Networks> {
  const { quick } = context;
  const depth = quick ? 1 : blocks.length;
  const create = (kind: Kind) => (): Module => network(kind, train.imageShape, train.classes.length, depth);
  const recipe = {
    train,
    test: quick ? test.subset({ end: 100 }) : test,
    steps: quick ? 5 : 1000,
  };
  const runs = await overSeeds(part(context, "training", 0, 2), async (inner) => {
    const pair = [];
    for (const [i, kind] of kinds.entries()) {
      const { test: judged, losses } = await trainClassifier(part(inner, kind, i, 2), create(kind), recipe);
      pair.push({ accuracy: judged.accuracy, losses });
    }
    return pair;
  });
  const models = kinds.map((kind) => create(kind)());
  const accuracy = kinds.map((_, i) => statistics(runs.map((pair) => pair[i]!.accuracy)));
  return {
    parameters: models.map(countParameters),
    macs: models.map((model) => layerMacs(model, train.imageShape)),
    accuracy,
    loss: statistics(runs.map(([full, light]) => full!.accuracy - light!.accuracy)),
    curves: runs[0]!.map(({ losses }) => losses),
    ...(await timeNetworks(part(context, "times", 1, 2), kinds.map(create), train.imageShape)),
  };
}

async function timeNetworks(
  { seed, signal, quick }: LabContext,
  create: readonly (() => Module)[],
  imageShape: ImageShape,
): Promise<Pick<Networks, "forward" | "step">> {
  const batch = quick ? 2 : 64;
  const images = random([batch, ...imageShape], seed);
  const labels = tensor(new Int32Array(batch));
  manualSeed(seed);
  const forward = create.map((make) => {
    const model = make().eval();
    return compile((x: Tensor) => model.forward(x));
  });
  const step = create.map((make) => {
    const model = make();
    const optimizer = new SGD({ lr: 1e-4, momentum: 0.9 });
    return compile((x: Tensor, y: Tensor) => {
      const { value, grads } = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
      optimizer.update(grads);
      return value;
    });
  });
  const timing = { ...(quick ? { rounds: 2, warmUp: 1 } : { rounds: 15 }), signal };
  return {
    forward: measured(
      await compareTimes(
        forward.map((run) => () => run(images)),
        timing,
      ),
    ),
    step: measured(
      await compareTimes(
        step.map((run) => () => run(images, labels)),
        timing,
      ),
    ),
  };
}
