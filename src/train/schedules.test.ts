import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkSchedule, type Horizon, learningRateAt, type Schedule, scheduleFactor } from "./schedules.ts";

const horizon: Horizon = { stepsPerEpoch: 10, totalSteps: 100 };
const at = (schedule: Schedule, step: number): number => scheduleFactor(schedule, step, horizon);
const every = (schedule: Schedule): number[] => Array.from({ length: 100 }, (_, step) => at(schedule, step));

describe("closed forms", () => {
  test("constant", () => {
    expect(new Set(every({ kind: "constant" }))).toEqual(new Set([1]));
    expect(learningRateAt(0.3, { kind: "constant" }, 7, horizon)).toBe(0.3);
  });

  test("step", () => {
    every({ kind: "step", every: 3, factor: 0.5 }).forEach((factor, step) => {
      expect(factor).toBe(0.5 ** Math.floor(step / 30));
    });
    expect(at({ kind: "step", every: 2.5 }, 25)).toBe(0.1);
  });

  test("exponential", () => {
    every({ kind: "exponential", factor: 0.9 }).forEach((factor, step) => {
      expect(factor).toBeCloseTo(0.9 ** (step / 10), 14);
    });
  });

  test("cosine with warm-up", () => {
    every({ kind: "cosine", warmup: 2, floor: 0.1 }).forEach((factor, step) => {
      const cosine = 0.1 + 0.45 * (1 + Math.cos((Math.PI * (step - 20)) / 80));
      expect(factor).toBeCloseTo(step < 20 ? (step + 1) / 20 : cosine, 14);
    });
    expect(at({ kind: "cosine" }, 0)).toBe(1);
    expect(at({ kind: "cosine" }, 50)).toBeCloseTo(0.5, 14);
    expect(at({ kind: "cosine", floor: 0.2 }, 100)).toBe(0.2);
  });

  test("one cycle", () => {
    const schedule: Schedule = { kind: "oneCycle", rise: 0.25, divide: 10, finalDivide: 100 };
    expect(at(schedule, 0)).toBeCloseTo(0.1, 14);
    expect(at(schedule, 12)).toBeCloseTo(0.55, 14);
    expect(at(schedule, 24)).toBe(1);
    expect(at(schedule, 99)).toBeCloseTo(0.001, 14);
    const fall = 0.001 + (0.999 * (1 + Math.cos((Math.PI * 25) / 75))) / 2;
    expect(at(schedule, 49)).toBeCloseTo(fall, 14);
  });

  test("piecewise", () => {
    const points: [number, number][] = [
      [1, 0.5],
      [3, 1],
      [3, 0.2],
      [5, 0],
    ];
    const schedule: Schedule = { kind: "piecewise", points };
    const steps = [0, 10, 20, 29, 30, 40, 50, 99].map((step) => at(schedule, step));
    [0.5, 0.5, 0.75, 0.975, 0.2, 0.1, 0, 0].forEach((expected, i) => {
      expect(steps[i]).toBeCloseTo(expected, 14);
    });
  });
});

test("every schedule gives a finite factor of at least 0 for every length of training", () => {
  const schedules = fc.constantFrom<Schedule>(
    { kind: "step", every: 0.5 },
    { kind: "exponential", factor: 0.5 },
    { kind: "cosine", warmup: 3 },
    { kind: "cosine" },
    { kind: "oneCycle" },
    { kind: "oneCycle", rise: 0.99 },
    { kind: "piecewise", points: [[2, 1]] },
  );
  const lengths = fc.record({
    stepsPerEpoch: fc.integer({ min: 1, max: 9 }),
    epochs: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(schedules, lengths, fc.nat(100), (schedule, { stepsPerEpoch, epochs }, step) => {
      const factor = scheduleFactor(schedule, step, { stepsPerEpoch, totalSteps: stepsPerEpoch * epochs });
      return Number.isFinite(factor) && factor >= 0 && factor <= 1;
    }),
  );
});

test("a schedule is plain data", () => {
  const schedule: Schedule = { kind: "piecewise", points: [[0, 1]] };
  expect(JSON.parse(JSON.stringify(schedule))).toEqual(schedule);
});

test.each<[Schedule, string]>([
  [{ kind: "step", every: 0 }, "every must be positive, but is 0"],
  [{ kind: "exponential", factor: Number.NaN }, "factor must be positive"],
  [{ kind: "cosine", warmup: -1 }, "warmup must be at least 0"],
  [{ kind: "oneCycle", rise: 1 }, "rise must lie between 0 and 1"],
  [{ kind: "oneCycle", divide: 0.5 }, "divide"],
  [{ kind: "piecewise", points: [] }, "there are no points"],
  [
    {
      kind: "piecewise",
      points: [
        [2, 1],
        [1, 1],
      ],
    },
    "epochs must ascend",
  ],
  [{ kind: "linear" } as unknown as Schedule, 'there is no schedule named "linear"'],
])("%j is refused", (schedule, message) => {
  expect(() => checkSchedule(schedule)).toThrow(message);
});
