import { beforeAll, describe, expect, test } from "vitest";
import { brightPixels } from "../../test/tiny-problem.ts";
import { reference } from "../backend/reference/reference.ts";
import { createWasmBackend } from "../backend/wasm/wasm.ts";
import { setBackend } from "../compiler/runtime.ts";
import { tensor } from "../core/tensor.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { Flatten } from "../nn/flatten.ts";
import { Linear } from "../nn/linear.ts";
import { manualSeed } from "../nn/random.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { serializeCheckpoint } from "./checkpoint.ts";
import type { FitEvent, MonitorEvent } from "./events.ts";
import { fit as trainModel } from "./fit.ts";
import type { FitOptions, FitResult } from "./fit-options.ts";
import { SGD } from "./optimizers/index.ts";

beforeAll(() => setBackend(reference));

const train = brightPixels(32);

/** Unit 1 of the convolution never fires, and unit 3 of the hidden layer neither. */
function network(): Sequential {
  manualSeed(1);
  const conv = new Conv2d(1, 3, 2, { padding: 1 });
  const hidden = new Linear(27, 5);
  conv.bias!.assign(tensor(Float32Array.of(0.1, -1e3, 0.1)));
  hidden.bias!.assign(tensor(Float32Array.of(0.5, 0.5, 0.5, -1e3, 0.5)));
  return new Sequential(conv, new ReLU(), new Flatten(), hidden, new ReLU(), new Linear(5, 4)) as Sequential;
}

interface Watched {
  readonly events: readonly MonitorEvent[];
  readonly result: FitResult;
  readonly model: Sequential;
}

async function watch(more: Partial<FitOptions> = {}): Promise<Watched> {
  const model = network();
  const events: MonitorEvent[] = [];
  const result = await trainModel(model, {
    train,
    epochs: 2,
    batchSize: 8,
    optimizer: new SGD({ lr: 0.25 }),
    monitor: { every: 3 },
    checkpointEvery: { epochs: 2 },
    onEvent: (event: FitEvent) => void (event.kind === "monitor" && events.push(event)),
    ...more,
  });
  return { events, result, model };
}

const norm = (values: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values).reduce((a, b) => a + b * b, 0));

describe("fit's monitor", () => {
  test("looks at every n-th update", async () => {
    const { events } = await watch();
    expect(events.map(({ step, epoch }) => [step, epoch])).toEqual([
      [3, 1],
      [6, 2],
    ]);
  });

  test("finds the units that never fire", async () => {
    const { events } = await watch({ monitor: { every: 1 } });
    expect(Object.keys(events[0]!.rectifiers)).toEqual(["1", "4"]);
    for (const { rectifiers } of events) {
      const [maps, features] = [rectifiers["1"]!, rectifiers["4"]!];
      expect([maps.units, features.units]).toEqual([3, 5]);
      expect(maps.dead).toBeGreaterThanOrEqual(1);
      expect(maps.deadInEpoch).toBeLessThanOrEqual(maps.dead);
      expect(features.deadInEpoch).toBeGreaterThanOrEqual(1);
    }
    // What fired once in an epoch is not dead in it.
    const first = events.slice(0, 4).map(({ rectifiers }) => rectifiers["4"]!.deadInEpoch);
    expect(first).toEqual([...first].sort((a, b) => b - a));
  });

  test("has the norms of what plain SGD does: the update is the gradient times the learning rate", async () => {
    const { events } = await watch({ epochs: 1, batchSize: 32, monitor: { every: 1 }, accumulate: 1 });
    const before = network();
    const { model } = await watch({ epochs: 1, batchSize: 32, monitor: { every: 1 } });
    const [event] = events;
    const names = [...before.namedParameters()].map(([name]) => name);
    expect(Object.keys(event!.parameters)).toEqual(names);
    for (const [name, parameter] of before.namedParameters()) {
      const { value, gradient, update } = event!.parameters[name]!;
      const old = await parameter.value.data();
      const now = await new Map([...model.namedParameters()]).get(name)!.value.data();
      expect(value).toBeCloseTo(norm(old as Float32Array), 4);
      expect(update).toBeCloseTo(norm(Array.from(old as Float32Array, (x, i) => now[i]! - x)), 4);
      // The large biases round what is added to them.
      if (value < 100) expect(update).toBeCloseTo(0.25 * gradient, 5);
    }
    const all = Object.values(event!.parameters).map(({ gradient }) => gradient);
    expect(event!.gradientNorm).toBeCloseTo(norm(all), 5);
    expect(event!.learningRate).toBe(0.25);
  });

  test("sees the mean gradient of accumulated batches, before it is clipped", async () => {
    const whole = await watch({ epochs: 1, batchSize: 32, monitor: { every: 1 } });
    const parts = await watch({ epochs: 1, batchSize: 8, accumulate: 4, monitor: { every: 1 } });
    const clipped = await watch({ epochs: 1, batchSize: 32, clipNorm: 1e-3, monitor: { every: 1 } });
    const [expected] = whole.events;
    expect(parts.events).toHaveLength(1);
    expect(parts.events[0]!.gradientNorm).toBeCloseTo(expected!.gradientNorm, 5);
    expect(clipped.events[0]!.gradientNorm).toBeCloseTo(expected!.gradientNorm, 5);
    expect(clipped.events[0]!.parameters["5.weight"]!.update).toBeLessThan(1e-3);
  });

  test("leaves out frozen parameters", async () => {
    const { events } = await watch({
      freeze: { where: (path) => path === "0", epochs: 1 },
      monitor: { every: 1 },
    });
    expect(events[0]!.parameters).not.toHaveProperty("0.weight");
    expect(events.at(-1)!.parameters).toHaveProperty("0.weight");
  });

  test.each([
    ["the reference", () => reference],
    ["WebAssembly", () => createWasmBackend({ threads: 1 })],
  ])("changes nothing: %s", async (_, backend) => {
    setBackend(backend());
    try {
      const bytes = async (monitor: FitOptions["monitor"]): Promise<Uint8Array> => {
        return serializeCheckpoint((await watch({ monitor })).result.checkpoint!);
      };
      expect(Buffer.compare(await bytes({ every: 2 }), await bytes(undefined))).toBe(0);
    } finally {
      setBackend(reference);
    }
  });

  test("wants a positive number of updates", async () => {
    await expect(watch({ monitor: { every: 0 } })).rejects.toThrow(
      "monitor.every must be a positive integer",
    );
  });
});
