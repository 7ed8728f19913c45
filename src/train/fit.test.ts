import { beforeAll, describe, expect, test } from "vitest";
import { brightPixels, TinyNetwork } from "../../test/tiny-problem.ts";
import { compareArrays, tolerance } from "../../test/tolerance.ts";
import { reference } from "../backend/reference/reference.ts";
import { setBackend } from "../compiler/runtime.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Module } from "../nn/module.ts";
import { square } from "../ops/arithmetic.ts";
import { mean } from "../ops/reduce.ts";
import { serializeCheckpoint } from "./checkpoint.ts";
import { DivergenceError } from "./divergence-error.ts";
import { evaluate } from "./evaluate.ts";
import type { FitEvent } from "./events.ts";
// A plain `trainModel(` would look like a focused test.
import { fit as trainModel } from "./fit.ts";
import type { FitOptions, FitResult } from "./fit-options.ts";
import { AdamW, SGD } from "./optimizers/index.ts";
import { MemoryRun } from "./run.ts";

beforeAll(() => setBackend(reference));

const train = brightPixels(44);
const test_ = brightPixels(30, 2);

function settings(more: Partial<FitOptions> = {}): FitOptions {
  return {
    train,
    epochs: 3,
    batchSize: 8,
    optimizer: new AdamW({ lr: 0.05 }),
    schedule: { kind: "cosine", warmup: 0.5 },
    labelSmoothing: 0.05,
    clipNorm: 1,
    reportEvery: 4,
    ...more,
  };
}

async function bytesOf(result: FitResult): Promise<Uint8Array> {
  return serializeCheckpoint(result.checkpoint!);
}

describe("a separable problem", () => {
  test("is learned wholly, and evaluate counts it", async () => {
    const model = new TinyNetwork(0);
    const result = await trainModel(model, settings({ test: test_, epochs: 8 }));
    expect(result.stopped).toBe("finished");
    expect(result.history).toHaveLength(8);
    expect(result.steps).toBe(8 * 6);
    expect(result.history.at(-1)!.train.loss).toBeLessThan(result.history[0]!.train.loss);
    expect(result.test!.accuracy).toBe(1);

    const evaluation = await evaluate(model, test_, { batchSize: 7 });
    expect(evaluation.samples).toBe(30);
    expect(evaluation.accuracy).toBe(1);
    expect(evaluation.confusion.total).toBe(30);
    expect(evaluation.scores["accuracy"]).toBe(1);
    const whole = await evaluate(model, test_, { batchSize: 30 });
    expect(compareArrays([evaluation.loss], [whole.loss], tolerance.kernel)).toBeUndefined();
    expect(result.history.at(-1)!.evaluation!.loss).toBeCloseTo(evaluation.loss, 6);
  });

  test("leaves every part of the model in the mode in which it was", async () => {
    const model = new TinyNetwork().eval();
    model.norm.train();
    await trainModel(model, settings({ epochs: 1, test: test_ }));
    expect([model.training, model.norm.training, model.dropout.training]).toEqual([false, true, false]);
  });
});

test("the same seed gives the same bits, another seed others", async () => {
  const run = async (seed: number, reportEvery: number): Promise<Uint8Array> =>
    bytesOf(
      await trainModel(
        new TinyNetwork(),
        settings({ seed, reportEvery, epochs: 1, checkpointEvery: { epochs: 1 } }),
      ),
    );
  const first = await run(5, 4);
  expect(await run(5, 4)).toEqual(first);
  expect(await run(6, 4)).not.toEqual(first);
});

describe("an aborted training", () => {
  /** Runs a training that is aborted after each of the given steps, and goes on each time with a fresh model. */
  async function withAborts(
    stops: readonly number[],
    more: Partial<FitOptions>,
  ): Promise<[FitResult, MemoryRun]> {
    const run = new MemoryRun();
    for (const stop of [...stops, Number.POSITIVE_INFINITY]) {
      const abort = new AbortController();
      const options = settings({ ...more, optimizer: new AdamW({ lr: 0.05 }), run, signal: abort.signal });
      const result = await trainModel(new TinyNetwork(), {
        ...options,
        checkpointEvery: { steps: 1 },
        resumeFrom: await run.checkpoint(),
        onEvent: (event) => {
          if (event.kind === "checkpoint" && event.checkpoint.position.step >= stop) abort.abort();
        },
      });
      if (stop === Number.POSITIVE_INFINITY) return [result, run];
      expect(result.stopped).toBe("aborted");
      expect(result.steps).toBe(stop);
      expect(result.checkpoint!.position.step).toBe(stop);
    }
    throw new Error("the last stop is infinity");
  }

  test.each([
    { accumulate: 1, dropLast: false },
    { accumulate: 1, dropLast: true },
    { accumulate: 4, dropLast: false },
  ])("goes on to the same bits, metrics and lines: %j", async (more) => {
    const whole = new MemoryRun();
    const expected = await trainModel(
      new TinyNetwork(),
      settings({ ...more, run: whole, validation: test_, test: brightPixels(9, 7) }),
    );
    const steps = more.accumulate === 4 ? [1, 2, 3, 5] : [1, 4, 5, 6, 12, 14];
    const [result, run] = await withAborts(steps, { ...more, validation: test_, test: brightPixels(9, 7) });
    expect(result.history).toEqual(expected.history);
    expect(result.test).toEqual(expected.test);
    expect(await bytesOf(result)).toEqual(await bytesOf(expected));
    expect(run.lines.map(withoutClock)).toEqual(whole.lines.map(withoutClock));
  });

  test("before its first step trains nothing", async () => {
    const model = new TinyNetwork();
    const before = await model.stateDict();
    const result = await trainModel(model, settings({ signal: AbortSignal.abort() }));
    expect(result.stopped).toBe("aborted");
    expect(result.checkpoint!.position.step).toBe(0);
    expect(await model.stateDict()).toEqual(before);
  });

  test("does not go on with other settings, nor over another run's checkpoint", async () => {
    const run = new MemoryRun();
    await trainModel(new TinyNetwork(), settings({ epochs: 1, run }));
    const resumeFrom = await run.checkpoint();
    await expect(
      trainModel(new TinyNetwork(), settings({ resumeFrom, batchSize: 4, seed: 9 })),
    ).rejects.toThrow("seed: 0 in the checkpoint, now 9\n  batchSize: 8 in the checkpoint, now 4");
    await expect(trainModel(new TinyNetwork(), settings({ run }))).rejects.toThrow(
      "the run has a checkpoint",
    );
  });
});

function withoutClock(line: object): object {
  const clock = ["time", "seconds", "imagesPerSecond", "secondsLeft"];
  return Object.fromEntries(Object.entries(line).filter(([name]) => !clock.includes(name)));
}

test("accumulated batches update as one large batch does", async () => {
  const large = new TinyNetwork(0);
  const small = new TinyNetwork(0);
  // Batch norm sees the batches one by one; the rest of the network must not.
  for (const model of [large, small]) model.norm.forward = (x: Tensor) => x as never;
  const common = { epochs: 2, clipNorm: 0.5 };
  await trainModel(
    large,
    settings({ ...common, batchSize: 12, optimizer: new SGD({ lr: 0.5, momentum: 0.9 }) }),
  );
  const result = await trainModel(
    small,
    settings({ ...common, batchSize: 4, accumulate: 3, optimizer: new SGD({ lr: 0.5, momentum: 0.9 }) }),
  );
  expect(result.steps).toBe(2 * 4);
  const [a, b] = [await large.stateDict(), await small.stateDict()];
  for (const name of ["hidden.weight", "head.bias"]) {
    const pair = [a.get(name)!, b.get(name)!].map(({ data }) => data as Float32Array);
    expect(compareArrays(pair[1]!, pair[0]!, { relative: 1e-5, absolute: 1e-6 }), name).toBeUndefined();
  }
});

describe("events", () => {
  async function eventsOf(more: Partial<FitOptions>): Promise<FitEvent[]> {
    const events: FitEvent[] = [];
    await trainModel(new TinyNetwork(), settings({ ...more, onEvent: (event) => void events.push(event) }));
    return events;
  }

  test("come in order, with a report every n steps and at an epoch's end", async () => {
    const events = await eventsOf({ epochs: 2, test: test_, run: new MemoryRun() });
    const epoch = ["step", "step", "evaluation", "epoch", "checkpoint"];
    expect(events.map(({ kind }) => kind)).toEqual(["start", ...epoch, ...epoch, "end"]);
    const steps = events.filter((event) => event.kind === "step");
    expect(steps.map(({ step }) => step)).toEqual([4, 6, 8, 12]);
    for (const step of steps) {
      expect(step.imagesPerSecond).toBeGreaterThan(0);
      expect(step.secondsLeft).toBeGreaterThanOrEqual(0);
      expect(step.scores.loss).toBeGreaterThan(0);
    }
    expect(steps[0]!.learningRate).toBeGreaterThan(steps.at(-1)!.learningRate);
    expect(events[0]).toMatchObject({
      stepsPerEpoch: 6,
      totalSteps: 12,
      parameters: 4 * 8 + 8 + 16 + 8 * 4 + 4,
    });
  });

  test("the epoch's scores are the means of its reports", async () => {
    const events = await eventsOf({ epochs: 1 });
    const reports = events.filter((event) => event.kind === "step");
    const record = events.find((event) => event.kind === "epoch")!.record;
    const weighted = (score: string): number =>
      (reports[0]!.scores[score]! * 32 + reports[1]!.scores[score]! * 12) / 44;
    expect(record.train.loss).toBeCloseTo(weighted("loss"), 12);
    expect(record.train["accuracy"]).toBeCloseTo(weighted("accuracy"), 12);
  });
});

describe("early stopping", () => {
  test("ends after the given number of epochs without gain, also when resumed", async () => {
    const run = new MemoryRun();
    const options = (): FitOptions =>
      settings({
        epochs: 20,
        optimizer: new SGD({ lr: 0 }),
        validation: test_,
        earlyStopping: { patience: 2, metric: "accuracy" },
        run,
      });
    const result = await trainModel(new TinyNetwork(), options());
    expect(result.stopped).toBe("early");
    expect(result.checkpoint!.position.earlyStopping.waited).toBe(2);
    const again = await trainModel(new TinyNetwork(), { ...options(), resumeFrom: await run.checkpoint() });
    expect(again).toMatchObject({ stopped: "early", steps: result.steps, history: result.history });
  });

  test("names the scores that there are", async () => {
    const training = trainModel(
      new TinyNetwork(),
      settings({ validation: test_, earlyStopping: { patience: 1, metric: "f1" } }),
    );
    await expect(training).rejects.toThrow('no score "f1"; the evaluation has loss, accuracy');
  });
});

test("a training that diverges stops with the step and the learning rate, and keeps the last good checkpoint", async () => {
  const run = new MemoryRun();
  const { labelSmoothing: _, clipNorm: __, schedule: ___, ...plain } = settings({ epochs: 30 });
  const training = trainModel(new TinyNetwork(), {
    ...plain,
    optimizer: new SGD({ lr: 50 }),
    loss: (logits) => mean(square(logits)),
    run,
    checkpointEvery: { steps: 1 },
  });
  const error = await training.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DivergenceError);
  const { step, learningRate, message } = error as DivergenceError;
  expect(learningRate).toBe(50);
  expect(message).toContain(`in step ${step} at learning rate 50`);
  const last = await run.checkpoint();
  expect(last!.position.step).toBe(step - 1);
  for (const { data } of last!.model.values()) {
    expect((data as Float32Array).every(Number.isFinite)).toBe(true);
  }
});

test.each<[Partial<FitOptions>, string]>([
  [{ epochs: 0 }, "epochs must be a positive integer, but is 0"],
  [{ batchSize: 1.5 }, "batchSize must be a positive integer, but is 1.5"],
  [{ clipNorm: 0 }, "clipNorm must be positive"],
  [{ seed: -1 }, "seed must be an integer"],
  [{ batchSize: 45, dropLast: true }, "dropLast leaves nothing"],
  [{ earlyStopping: { patience: 2 } }, "earlyStopping looks at an evaluation"],
  [{ schedule: { kind: "step", every: -1 } }, "every must be positive"],
  [{ loss: (x: Tensor) => mean(x) }, "labelSmoothing belongs to the default loss"],
])("refuses %o", async (more, message) => {
  await expect(trainModel(new TinyNetwork() as Module, settings(more))).rejects.toThrow(message);
});
