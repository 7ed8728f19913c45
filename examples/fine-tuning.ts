/** Takes what a network learned of digits over to another question, is it odd, of which there are few examples. */
import assert from "node:assert/strict";
import { colorJitter, Dataset, digits, mixUp, randomCrop } from "fovea/data";
import { createModel, listModels, loadWeights } from "fovea/models";
import { manualSeed } from "fovea/nn";
import { AdamW, fit, SGD } from "fovea/train";

manualSeed(1);
const teacher = createModel("lenet5");
await fit(teacher, {
  train: digits({ seed: 1, length: 4000 }),
  epochs: 1,
  batchSize: 64,
  optimizer: new SGD({ lr: 0.05, momentum: 0.9 }),
});

/** Digits by whether they are odd. */
async function oddOrEven(seed: number, length: number): Promise<Dataset> {
  const source = digits({ seed, length });
  const samples = await Promise.all(Array.from({ length }, (_, i) => source.sample(i)));
  return Dataset.fromArrays({
    images: Uint8Array.from(samples.flatMap(({ pixels }) => [...pixels])),
    labels: Int32Array.from(samples, ({ target }) => target[0]! % 2),
    imageShape: source.imageShape,
    classes: ["even", "odd"],
    normalization: source.normalization,
  });
}

const few = await oddOrEven(2, 40);
const test = await oddOrEven(3, 500);
const { head } = listModels("lenet5")[0]!;

/** Trains a network on the few examples, whose layers but the last may come from the teacher and stay as they are. */
async function learn(fromTeacher: boolean): Promise<number> {
  const model = createModel("lenet5", { numClasses: 2 });
  if (fromTeacher) loadWeights(model, await teacher.stateDict(), { head });
  const result = await fit(model, {
    train: few,
    test,
    epochs: 15,
    batchSize: 10,
    optimizer: new AdamW({ lr: 0.005 }),
    transform: (sample, random) => {
      randomCrop({ padding: 1 })(sample, random);
      colorJitter({ brightness: 0.2, contrast: 0.2 })(sample, random);
    },
    mix: mixUp(0.1),
    ...(fromTeacher && { freeze: { where: (path) => !head.includes(path) } }),
  });
  return result.test!.accuracy;
}

const [transferred, alone] = [await learn(true), await learn(false)];
console.log(`odd or even from 40 digits: ${transferred} with the teacher's layers, ${alone} without`);
assert(transferred > 0.8 && transferred > alone + 0.03);
