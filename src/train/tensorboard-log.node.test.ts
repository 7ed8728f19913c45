import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brightPixels } from "../../test/tiny-problem.ts";
import { reference } from "../backend/reference/reference.ts";
import { setBackend } from "../compiler/runtime.ts";
import { decodePng } from "../io/png.ts";
import { parseEvents, type SummaryEvent, type SummaryValue } from "../io/tensorboard/events.ts";
import { Flatten } from "../nn/flatten.ts";
import { Linear } from "../nn/linear.ts";
import { manualSeed } from "../nn/random.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import type { FitEvent } from "./events.ts";
import { fit as trainModel } from "./fit.ts";
import type { FitOptions, FitResult } from "./fit-options.ts";
import { SGD } from "./optimizers/index.ts";
import { TensorBoardLog } from "./tensorboard-log.node.ts";

let folder: string;
beforeAll(async () => {
  setBackend(reference);
  folder = await mkdtemp(join(tmpdir(), "fovea-tensorboard-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Logged {
  readonly events: readonly SummaryEvent[];
  readonly result: FitResult;
}

/** Eight updates in each of two epochs, written to a folder; the events are those of the last file. */
async function train(name: string, more: Partial<FitOptions> = {}): Promise<Logged> {
  manualSeed(2);
  const model = new Sequential(new Flatten(), new Linear(4, 6), new ReLU(), new Linear(6, 4));
  const log = await TensorBoardLog.create(join(folder, name), model);
  const { onEvent, ...options } = more;
  const result = await trainModel(model, {
    train: brightPixels(32),
    test: brightPixels(20, 2),
    epochs: 2,
    batchSize: 4,
    optimizer: new SGD({ lr: 0.1, momentum: 0.9 }),
    reportEvery: 2,
    monitor: { every: 4 },
    ...options,
    onEvent: async (event: FitEvent) => {
      await log.onEvent(event);
      await onEvent?.(event);
    },
  });
  return { events: parseEvents(await readFile(log.path), log.path), result };
}

/** [step, value] of everything with a tag. */
function valuesOf(events: readonly SummaryEvent[], tag: string): (readonly [number, SummaryValue])[] {
  return events.flatMap(({ step, values }) =>
    values.filter((value) => value.tag === tag).map((value) => [step, value] as const),
  );
}

const stepsOf = (events: readonly SummaryEvent[], tag: string): number[] =>
  valuesOf(events, tag).map(([step]) => step);

describe("TensorBoardLog", () => {
  test("writes what a training tells at the steps at which it was so", async () => {
    const { events, result } = await train("whole");
    expect(stepsOf(events, "train/loss")).toEqual([2, 4, 6, 8, 10, 12, 14, 16]);
    const judged = valuesOf(events, "test/accuracy").map(([step, value]) => [
      step,
      "scalar" in value && value.scalar,
    ]);
    expect(judged).toEqual(
      result.history.map(({ step, evaluation }) => [step, Math.fround(evaluation!["accuracy"]!)]),
    );
    for (const tag of [
      "train/gradient_norm",
      "update_ratio/1.weight",
      "dead_units/2",
      "dead_units_in_epoch/2",
    ]) {
      expect(stepsOf(events, tag)).toEqual([4, 8, 12, 16]);
    }
    expect(stepsOf(events, "3.weight")).toEqual([8, 16]);
    const [, histogram] = valuesOf(events, "3.weight")[0]!;
    expect("histogram" in histogram && histogram.histogram.count).toBe(24);
  });

  test("draws a row of the confusion matrix for each class", async () => {
    const { events, result } = await train("confusion");
    const [, value] = valuesOf(events, "test/confusion").at(-1)!;
    if (!("image" in value)) throw new Error("no image");
    const { width, height, channels, data } = await decodePng(value.image.encoded, "confusion");
    expect([width, height, channels]).toEqual([64, 64, 1]);
    const { confusion } = result.test!;
    for (let target = 0; target < 4; target++) {
      const all = [0, 1, 2, 3].reduce((sum, prediction) => sum + confusion.count(target, prediction), 0);
      const shares = [0, 1, 2, 3].map((prediction) => data[(16 * target + 5) * 64 + 16 * prediction + 5]!);
      const expected = [0, 1, 2, 3].map((prediction) => (255 * confusion.count(target, prediction)) / all);
      expect(shares).toEqual(expected.map(Math.round));
    }
  });

  test("a training that goes on takes back what came after its checkpoint", async () => {
    const controller = new AbortController();
    const first = await train("resumed", {
      signal: controller.signal,
      onEvent: (event) => void (event.kind === "step" && event.step === 6 && controller.abort()),
    });
    expect(first.result.stopped).toBe("aborted");
    expect(stepsOf(first.events, "train/loss")).toEqual([2, 4, 6]);
    const second = await train("resumed", { resumeFrom: first.result.checkpoint! });
    expect(second.events[0]).toMatchObject({ step: 7, sessionStart: true });
    expect(stepsOf(second.events, "train/loss")).toEqual([8, 10, 12, 14, 16]);
    expect(await readdir(join(folder, "resumed"))).toHaveLength(2);
    const whole = await train("not-resumed");
    const losses = (events: readonly SummaryEvent[]) =>
      valuesOf(events, "train/loss").map(([, value]) => value);
    expect([...losses(first.events), ...losses(second.events)]).toEqual(losses(whole.events));
  });
});
