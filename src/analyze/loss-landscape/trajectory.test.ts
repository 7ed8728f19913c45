import { expect, test } from "vitest";
import { smallBatches, smallCnn, wave } from "../../../test/small-cnn.ts";
import { compareArrays, tolerance } from "../../../test/tolerance.ts";
import "../../default-backend.ts";
import { ArgumentError } from "../../core/errors.ts";
import type { StateDict } from "../../nn/state-dict.ts";
import { cosine, type Direction } from "./direction.ts";
import { lossLandscape } from "./loss-landscape.ts";
import { trajectory } from "./trajectory.ts";

/** The small network's state, moved by a · u + b · w. */
async function movedState(a: number, b: number): Promise<StateDict> {
  const model = smallCnn();
  model.parameters().forEach((parameter, k) => {
    const size = parameter.shape.reduce((x, y) => x * y, 1);
    const [u, w] = [wave(size, k + 40), wave(size, k + 60, 0.3)];
    const own = wave(size, k, 0.5);
    parameter.assign(own.map((value, i) => value + a * u[i]! + b * w[i]!));
  });
  return model.stateDict();
}

function length(direction: Direction): Promise<number> {
  return Promise.all([...direction.values()].map((each) => each.data())).then((all) =>
    Math.hypot(...all.flatMap((values) => [...values])),
  );
}

test("states in a plane are found in it, and the surface there holds their losses", async () => {
  const states = await Promise.all([
    movedState(1, 0.4),
    movedState(0.6, 1),
    movedState(0.2, 0.5),
    movedState(0, 0),
  ]);
  const model = smallCnn();
  model.loadStateDict(states.at(-1)!);
  const { directions, points, explained } = trajectory(model, states);
  expect(explained[0] + explained[1]).toBeCloseTo(1, 6);
  expect(explained[0]).toBeGreaterThan(explained[1]);
  expect(await length(directions[0])).toBeCloseTo(1, 5);
  expect(Math.abs(await cosine(...directions))).toBeLessThan(1e-4);
  expect(compareArrays(points.at(-1)!, [0, 0], tolerance.model)).toBeUndefined();
  for (const [i, [alpha, beta]] of points.entries()) {
    const grid = { alphas: [alpha], betas: [beta] };
    const inPlane = await lossLandscape(model, smallBatches(4), { directions, grid });
    const itself = smallCnn();
    itself.loadStateDict(states[i]!);
    const known = await lossLandscape(itself, smallBatches(4), { grid: { alphas: [0], betas: [0] } });
    expect(inPlane.loss[0]).toBeCloseTo(known.loss[0]!, 4);
  }
});

test("a training that went straight has one direction", async () => {
  const states = await Promise.all([movedState(1, 0), movedState(0.5, 0), movedState(0, 0)]);
  const { explained, points } = trajectory(smallCnn(), states);
  expect(explained[0]).toBeCloseTo(1, 6);
  expect(Math.abs(points[0]![0] / points[1]![0])).toBeCloseTo(2, 4);
  expect(() => trajectory(smallCnn(), states.slice(1))).toThrow(ArgumentError);
  states[0]!.delete("4.bias");
  expect(() => trajectory(smallCnn(), states)).toThrow("4.bias is not in every state");
});
