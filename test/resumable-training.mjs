// A training in a process of its own, for tests that kill it: `node resumable-training.mjs <folder>` begins the run in
// the folder, or goes on with it, and prints "training" when the first step is about to be made.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { argv, stdout } from "node:process";
import "../dist/index.js";
import { Dataset, mixUp, randAugment } from "../dist/data/index.js";
import {
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  manualSeed,
  ReLU,
  Sequential,
} from "../dist/nn/index.js";
import { AdamW, fit as trainModel } from "../dist/train/index.js";
import { RunFolder } from "../dist/train/run-folder.node.js";

/** Images of 6 × 6 pixels that are bright in the quarter of their class. */
function quarters(length) {
  const labels = Int32Array.from({ length }, (_, i) => (i * 7) % 4);
  const images = Uint8Array.from({ length: 36 * length }, (_, i) => {
    const [x, y] = [i % 6, Math.floor(i / 6) % 6];
    const quarter = 2 * Math.floor(y / 3) + Math.floor(x / 3);
    return ((i * 2654435761) % 97) + (quarter === labels[Math.floor(i / 36)] ? 90 : 0);
  });
  return Dataset.fromArrays({ images, labels, imageShape: [1, 6, 6], classes: ["a", "b", "c", "d"] });
}

const folder = argv[2];
const begun = existsSync(join(folder, "config.json"));
const run = begun ? await RunFolder.open(folder) : await RunFolder.create(folder, { model: "small" });
manualSeed(11);
const model = new Sequential(
  new Conv2d(1, 4, 3),
  new BatchNorm2d(4),
  new ReLU(),
  new Flatten(),
  new Dropout(0.3),
  new Linear(64, 4),
);
await trainModel(model, {
  train: quarters(150),
  test: quarters(40),
  epochs: 6,
  batchSize: 4,
  optimizer: new AdamW({ lr: 0.01 }),
  schedule: { kind: "oneCycle" },
  clipNorm: 1,
  transform: randAugment({ operations: 1 }),
  mix: mixUp(0.1),
  freeze: { where: (path) => path === "0", epochs: 2 },
  seed: 5,
  reportEvery: 7,
  run,
  resumeFrom: await run.checkpoint(),
  checkpointEvery: { steps: 2 },
  onEvent: ({ kind }) => {
    if (kind === "start") stdout.write("training\n");
  },
});
