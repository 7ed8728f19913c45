import { beforeAll, describe, expect, test } from "vitest";
import { brightPixels, TinyNetwork } from "../../test/tiny-problem.ts";
import { compareArrays, tolerance } from "../../test/tolerance.ts";
import { reference } from "../backend/reference/reference.ts";
import { setBackend } from "../compiler/runtime.ts";
import { tensor } from "../core/tensor.ts";
import { mixUp } from "../data/augment/batch-mix.ts";
import { Batch } from "../data/batch.ts";
import { Linear } from "../nn/linear.ts";
import type { StateDict } from "../nn/state-dict.ts";
import { crossEntropy } from "../ops/cross-entropy.ts";
import { evaluate } from "./evaluate.ts";
import { fit as trainModel } from "./fit.ts";
import type { FitOptions } from "./fit-options.ts";
import { Freezer } from "./freezer.ts";
import { accuracy } from "./metrics.ts";
import { AdamW, SGD } from "./optimizers/index.ts";
import { MemoryRun } from "./run.ts";
import { judgeBy, targetsOf } from "./targets.ts";
import { TrainingStep } from "./training-step.ts";

beforeAll(() => setBackend(reference));

const train = brightPixels(44);

function settings(more: Partial<FitOptions> = {}): FitOptions {
  return { train, epochs: 4, batchSize: 8, optimizer: new AdamW({ lr: 0.05 }), ...more };
}

/** The bits of everything outside of the last layer, or of it. */
async function bitsOf(model: TinyNetwork, head: boolean): Promise<StateDict> {
  return new Map([...(await model.stateDict())].filter(([name]) => name.startsWith("head.") === head));
}

describe("freezing", () => {
  const where = (path: string): boolean => path !== "head";

  test("keeps parameters and running statistics to the bit, and trains the rest", async () => {
    const model = new TinyNetwork();
    const [body, head] = [await bitsOf(model, false), await bitsOf(model, true)];
    const optimizer = new AdamW({ lr: 0.05, weightDecay: 0.1 });
    const { history } = await trainModel(model, settings({ freeze: { where }, optimizer, test: train }));
    expect(await bitsOf(model, false)).toEqual(body);
    expect(await bitsOf(model, true)).not.toEqual(head);
    expect(history.at(-1)!.train.loss).toBeLessThan(history[0]!.train.loss);
    expect([...optimizer.state.keys()].every((name) => !name.startsWith("hidden"))).toBe(true);
    expect(model.parameters().every(({ trainable }) => trainable)).toBe(true);
    expect([model.training, model.norm.training]).toEqual([true, true]);
  });

  test("ends after some epochs, and not for parameters that were frozen before", async () => {
    const model = new TinyNetwork();
    model.hidden.weight.trainable = false;
    const before = await model.stateDict();
    const bodies: StateDict[] = [];
    await trainModel(
      model,
      settings({
        freeze: { where, epochs: 2 },
        onEvent: async (event) => {
          if (event.kind === "epoch") bodies.push(await bitsOf(model, false));
        },
      }),
    );
    expect(bodies[1]).toEqual(bodies[0]);
    expect(bodies[2]!.get("norm.running_mean")).not.toEqual(bodies[1]!.get("norm.running_mean"));
    expect(bodies[2]!.get("hidden.bias")).not.toEqual(bodies[1]!.get("hidden.bias"));
    expect(bodies[3]!.get("hidden.weight")).toEqual(before.get("hidden.weight"));
    expect(model.hidden.weight.trainable).toBe(false);
  });

  test("reaches inner layers of a frozen part and leaves those that are not", () => {
    const model = new TinyNetwork();
    const freezer = new Freezer(model, { where: (path) => path === "" || path === "norm" });
    freezer.apply(0);
    expect([model.training, model.norm.training, model.dropout.training]).toEqual([false, false, true]);
    expect(model.norm.weight!.trainable).toBe(false);
    expect(model.hidden.weight.trainable).toBe(true);
    freezer[Symbol.dispose]();
    expect(model.norm.weight!.trainable).toBe(true);
  });

  test("refuses a number of epochs that is none", async () => {
    const training = trainModel(new TinyNetwork(), settings({ freeze: { where, epochs: 0 } }));
    await expect(training).rejects.toThrow("freeze.epochs must be a positive integer, but is 0");
  });
});

test("an aborted training with mixed batches, frozen at first, goes on to the same bits", async () => {
  const options = (): FitOptions =>
    settings({
      optimizer: new AdamW({ lr: 0.05 }),
      mix: mixUp(0.4),
      freeze: { where: (path) => path !== "head", epochs: 2 },
      seed: 6,
    });
  const whole = await trainModel(new TinyNetwork(), { ...options(), checkpointEvery: { epochs: 1 } });
  for (const stop of [3, 12, 13]) {
    const run = new MemoryRun();
    const abort = new AbortController();
    await trainModel(new TinyNetwork(), {
      ...options(),
      run,
      checkpointEvery: { steps: 1 },
      signal: abort.signal,
      onEvent: (event) => {
        if (event.kind === "checkpoint" && event.checkpoint.position.step === stop) abort.abort();
      },
    });
    const resumeFrom = await run.checkpoint();
    expect(resumeFrom!.position.step).toBe(stop);
    const result = await trainModel(new TinyNetwork(), { ...options(), run, resumeFrom });
    expect(result.checkpoint!.model).toEqual(whole.checkpoint!.model);
    expect(result.history).toEqual(whole.history);
  }
});

describe("mixed batches", () => {
  const images = tensor(
    Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
    { shape: [3, 4] },
  );
  const batch = (lambda: number): Batch =>
    new Batch({
      images: new Float32Array(12),
      labels: Int32Array.of(0, 1, 2),
      shape: [3, 1, 2, 2],
      labelShape: [3],
      index: 0,
      mix: { labels: Int32Array.of(2, 1, 0), lambda },
    });

  test("have λ of the loss by their own labels and 1 − λ of that by the others, in one program for all λ", async () => {
    const model = new Linear(4, 3);
    const metric = accuracy();
    let traced = 0;
    const step = new TrainingStep({
      model,
      optimizer: new SGD({ lr: 0 }),
      loss: (logits, labels) => {
        traced++;
        return crossEntropy(logits, labels);
      },
      metrics: [metric],
    });
    const logits = model.forward(images);
    for (const lambda of [0, 0.25, 1]) {
      const targets = targetsOf(batch(lambda));
      const result = await step.run(images, targets, true);
      const parts = [targets.labels, targets.mix!.labels].map(async (labels) => [
        await crossEntropy(logits, labels).item(),
        await metric.total(logits, labels).item(),
      ]);
      const [own, other] = await Promise.all(parts);
      const found = [await result.loss.item(), await result.totals["accuracy"]!.item()];
      const expected = found.map((_, i) => lambda * own![i]! + (1 - lambda) * other![i]!);
      expect(compareArrays(found, expected, tolerance.kernel)).toBeUndefined();
    }
    // Once for each of the two labels.
    expect(traced).toBe(2);
  });

  test("are judged by their labels alone where nothing was mixed", async () => {
    const labels = tensor(Int32Array.of(1), { shape: [1] });
    expect(judgeBy({ labels }, (given) => given)).toBe(labels);
  });

  test("train a network that then classifies what is not mixed", async () => {
    const model = new TinyNetwork(0);
    const { history } = await trainModel(model, settings({ epochs: 12, mix: mixUp(0.3), test: train }));
    expect((await evaluate(model, train)).accuracy).toBeGreaterThan(0.95);
    expect(history.at(-1)!.train["accuracy"]).toBeGreaterThan(0.5);
    expect(history.at(-1)!.train["accuracy"]).toBeLessThanOrEqual(1);
  });
});
