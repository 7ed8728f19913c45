import { expect, test } from "vitest";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import type { FitEvent } from "../train/events.ts";
import { TrainingDisplay } from "./training-display.ts";

function* training(stepsPerEpoch: number): Iterable<FitEvent> {
  yield {
    kind: "start",
    epochs: 2,
    stepsPerEpoch,
    totalSteps: 2 * stepsPerEpoch,
    parameters: 1234,
    resumedAt: undefined,
  };
  for (const epoch of [1, 2]) {
    for (let i = 1; i <= stepsPerEpoch; i++) {
      const step = (epoch - 1) * stepsPerEpoch + i;
      const scores = { loss: 1 / step, accuracy: 0.5 };
      yield { kind: "step", epoch, step, learningRate: 0.1, scores, imagesPerSecond: 1000, secondsLeft: 5 };
    }
    const scores = { loss: 0.5, accuracy: 0.75 };
    const record = {
      epoch,
      step: epoch * stepsPerEpoch,
      learningRate: 0.1,
      train: scores,
      evaluation: scores,
    };
    yield { kind: "epoch", record, seconds: 3 };
  }
}

function shown(stepsPerEpoch: number, interactive: boolean): string {
  const terminal = new RecordedTerminal(interactive);
  const display = new TrainingDisplay(terminal);
  for (const event of training(stepsPerEpoch)) display.show(event);
  return terminal.stdout;
}

test("a file gets a few plain lines for each epoch, however many steps it has", () => {
  const lines = shown(100, false).trimEnd().split("\n");
  expect(lines).toHaveLength(1 + 2 * (4 + 1));
  expect(lines.slice(0, 3)).toEqual([
    "1,234 parameters, 2 epochs, 200 steps",
    "epoch 1/2  20%  1,000 images/s  loss 0.05  5.0 s left",
    "epoch 1/2  40%  1,000 images/s  loss 0.025  5.0 s left",
  ]);
  expect(lines.at(-1)).toBe("epoch 2/2  train loss 0.5 (75.00%)  test loss 0.5 (75.00%)  3.0 s");
  expect(shown(1, false).trimEnd().split("\n")).toHaveLength(1 + 2);
});

test("a person gets a bar that is drawn at most ten times a second, and lines that stay", () => {
  const text = shown(1000, true);
  expect(text.split("\n")).toHaveLength(1 + 2 + 1);
  const bars = text.split("images/s").length - 1;
  expect(bars).toBeGreaterThanOrEqual(1);
  expect(bars).toBeLessThan(20);
});
