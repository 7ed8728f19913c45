import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareArrays, tolerance } from "../../../test/tolerance.ts";
import { reference } from "../../backend/reference/reference.ts";
import { compile } from "../../compiler/compile.ts";
import { evaluate, setBackend } from "../../compiler/runtime.ts";
import { Draw } from "../../core/draw.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { Variable } from "../../core/variable.ts";
import { Adam, AdamW, biasesAndNorms, type Optimizer, RMSprop, SGD } from "./index.ts";

setBackend(reference);

/** Returns the next value of one element; keeps what it needs between calls. */
type Formula = (p: number, g: number) => number;

const lr = Math.fround(0.0375);

function sgdFormula(o: {
  momentum: number;
  dampening: number;
  nesterov: boolean;
  weightDecay: number;
}): Formula {
  let buffer: number | undefined;
  return (p, gradient) => {
    let g = gradient + o.weightDecay * p;
    if (o.momentum > 0) {
      buffer = buffer === undefined ? g : o.momentum * buffer + (1 - o.dampening) * g;
      g = o.nesterov ? g + o.momentum * buffer : buffer;
    }
    return p - lr * g;
  };
}

function adamFormula(
  o: { betas: [number, number]; eps: number; weightDecay: number; amsgrad: boolean },
  decoupled: boolean,
): Formula {
  let [m, v, largest, t] = [0, 0, 0, 0];
  const [b1, b2] = o.betas;
  return (before, gradient) => {
    const p = decoupled ? before - lr * o.weightDecay * before : before;
    const g = decoupled ? gradient : gradient + o.weightDecay * before;
    t++;
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g * g;
    largest = o.amsgrad ? Math.max(largest, v) : v;
    return p - (lr * (m / (1 - b1 ** t))) / (Math.sqrt(largest / (1 - b2 ** t)) + o.eps);
  };
}

function rmspropFormula(o: {
  alpha: number;
  eps: number;
  momentum: number;
  centered: boolean;
  weightDecay: number;
}): Formula {
  let [v, mean, buffer] = [0, 0, 0];
  return (p, gradient) => {
    const g = gradient + o.weightDecay * p;
    v = o.alpha * v + (1 - o.alpha) * g * g;
    mean = o.alpha * mean + (1 - o.alpha) * g;
    const spread = o.centered ? v - mean * mean : v;
    buffer = o.momentum * buffer + g / (Math.sqrt(spread) + o.eps);
    return p - lr * buffer;
  };
}

/** Updates two parameters of random values by random gradients, and compares each step with the formula. */
async function check(optimizer: Optimizer, formula: () => Formula, seed: number): Promise<void> {
  const draw = new Draw(seed);
  const values = (n: number): Float64Array => Float64Array.from({ length: n }, () => draw.float(-2, 2));
  const starts = [values(6), values(1)];
  const shapes = [[2, 3], []];
  const parameters = starts.map((start, i) => new Variable(tensor(start, { shape: shapes[i]! })));
  const expected = starts.map((start) => start.slice());
  const formulas = starts.map((start) => Array.from(start, formula));
  const update = compile((gradients: Tensor[]) => {
    optimizer.update(new Map(parameters.map((parameter, i) => [parameter, gradients[i]!])));
  });
  for (let step = 0; step < 6; step++) {
    const gradients = starts.map((start) => values(start.length));
    const tensors = gradients.map((gradient, i) => tensor(gradient, { shape: shapes[i]! }));
    // By hand and by a program in turn: both change the same state.
    if (step === 2) optimizer.update(new Map(parameters.map((parameter, i) => [parameter, tensors[i]!])));
    else await update(tensors);
    for (const [i, row] of expected.entries()) {
      row.forEach((p, j) => {
        row[j] = formulas[i]![j]!(p, gradients[i]![j]!);
      });
      // Bias corrections and the learning rate are float32, which also shows where a parameter of about 1 nears 0.
      expect(
        compareArrays(await parameters[i]!.data(), row, { relative: 1e-6, absolute: 2e-8 }),
      ).toBeUndefined();
    }
  }
}

const unit = fc.double({ min: 0, max: 0.99, noNaN: true });
const decay = fc.constantFrom(0, 0.01, 0.3);
const seeds = fc.nat();
const runs = { numRuns: process.env.FOVEA_SLOW ? 300 : 15 };

describe("against the formulas in float64", () => {
  test("SGD", async () => {
    const settings = fc
      .record({
        momentum: fc.constantFrom(0, 0.5, 0.9),
        dampening: fc.constantFrom(0, 0.4),
        nesterov: fc.boolean(),
        weightDecay: decay,
      })
      .map((s) => ({ ...s, nesterov: s.nesterov && s.momentum > 0 && s.dampening === 0 }));
    await fc.assert(
      fc.asyncProperty(settings, seeds, (s, seed) => check(new SGD({ lr, ...s }), () => sgdFormula(s), seed)),
      runs,
    );
  });

  test("Adam and AdamW", async () => {
    const settings = fc.record({
      betas: fc.tuple(unit, unit),
      eps: fc.constantFrom(1e-8, 1e-3),
      weightDecay: decay,
      amsgrad: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(settings, seeds, fc.boolean(), (s, seed, decoupled) =>
        check(
          decoupled ? new AdamW({ lr, ...s }) : new Adam({ lr, ...s }),
          () => adamFormula(s, decoupled),
          seed,
        ),
      ),
      runs,
    );
  });

  test("RMSprop", async () => {
    const settings = fc.record({
      alpha: fc.constantFrom(0.5, 0.9, 0.99),
      eps: fc.constantFrom(1e-3, 1e-2),
      momentum: fc.constantFrom(0, 0.9),
      centered: fc.boolean(),
      weightDecay: decay,
    });
    await fc.assert(
      fc.asyncProperty(settings, seeds, (s, seed) =>
        check(new RMSprop({ lr, ...s }), () => rmspropFormula(s), seed),
      ),
      runs,
    );
  });
});

test("Adam's bias correction is exact to float32 after any number of steps", async () => {
  const parameter = new Variable(tensor([1]));
  const optimizer = new Adam({ lr: 0.1 });
  const update = compile((g: Tensor) => optimizer.update(new Map([[parameter, g]])));
  await update(tensor([1]));
  const { step, correction } = {
    step: optimizer.state.get("0.step")!,
    correction: optimizer.state.get("0.bias_correction")!,
  };
  for (const count of [1, 2, 10, 1000, 123_456, 3_000_000]) {
    step.assign(count);
    await update(tensor([1]));
    expect(await step.value.item()).toBe(count + 1);
    const exact = [-Math.expm1((count + 2) * Math.log(0.9)), -Math.expm1((count + 2) * Math.log(0.999))];
    expect(compareArrays(await correction.data(), exact, { relative: 2e-7, absolute: 0 })).toBeUndefined();
  }
});

test("a new learning rate needs no new program", async () => {
  const parameter = new Variable(tensor([1]));
  const optimizer = new SGD({ lr: 0.5 });
  let traces = 0;
  const update = compile((g: Tensor) => {
    traces++;
    optimizer.update(new Map([[parameter, g]]));
  });
  await update(tensor([1]));
  optimizer.setLearningRate(0.25);
  await update(tensor([1]));
  expect(await parameter.value.item()).toBe(0.25);
  expect(traces).toBe(1);
});

test("groups change settings and learning rate for the parameters that they claim", async () => {
  const weight = new Variable(tensor([[1]]));
  const bias = new Variable(tensor([1]));
  const head = new Variable(tensor([[1]]));
  const optimizer = new SGD({
    lr: 0.5,
    weightDecay: 0.5,
    groups: [
      { where: biasesAndNorms, weightDecay: 0 },
      { where: (name) => name.startsWith("head."), learningRateScale: 0.5 },
    ],
  }).attach([
    ["weight", weight],
    ["bias", bias],
    ["head.weight", head],
  ]);
  optimizer.update(
    new Map([
      [weight, tensor([[0.5]])],
      [bias, tensor([0.5])],
      [head, tensor([[0.5]])],
    ]),
  );
  expect(await weight.value.item()).toBe(0.5);
  expect(await bias.value.item()).toBe(0.75);
  expect(await head.value.item()).toBe(0.75);
});

describe("the state", () => {
  const named = (): [string, Variable][] => [
    ["a.weight", new Variable(tensor([[1, -2]]))],
    ["a.bias", new Variable(tensor([3]))],
  ];
  const gradients = (parameters: [string, Variable][], scale: number): Map<Variable, Tensor> =>
    new Map(
      parameters.map(([, p]) => [
        p,
        tensor(new Float32Array(p.shape[0]! * (p.shape[1] ?? 1)).fill(scale), p),
      ]),
    );

  test("moves to another optimizer by name, and both go on alike", async () => {
    const first = named();
    const one = new AdamW({ lr: 0.1, amsgrad: true }).attach(first);
    for (const scale of [1, -3, 2]) one.update(gradients(first, scale));
    const state = await one.stateDict();
    expect([...state.keys()]).toContain("a.bias.max_exp_avg_sq");

    const second = named();
    for (const [i, [, p]] of second.entries()) p.assign((await first[i]![1].data()).slice());
    const other = new AdamW({ lr: 0.7, amsgrad: true }).attach(second.reverse());
    other.loadStateDict(state);
    one.update(gradients(first, 5));
    other.update(gradients(second, 5));
    second.reverse();
    for (const i of [0, 1]) expect(await second[i]![1].data()).toEqual(await first[i]![1].data());
    expect(new Map([...(await other.stateDict())].sort())).toEqual(
      new Map([...(await one.stateDict())].sort()),
    );
  });

  test("that does not fit is refused with the names", async () => {
    const parameters = named();
    const one = new SGD({ lr: 0.1, momentum: 0.9 }).attach(parameters);
    one.update(gradients(parameters, 1));
    const state = await one.stateDict();
    state.delete("a.bias.momentum_buffer");
    state.set("b.momentum_buffer", state.get("a.weight.momentum_buffer")!);
    const error = (): void => new SGD({ lr: 0.1, momentum: 0.9 }).attach(named()).loadStateDict(state);
    expect(error).toThrow("b.momentum_buffer");
  });
});

test("settings that cannot be meant are refused", () => {
  expect(() => new SGD({ lr: -1 })).toThrow("SGD: lr must be a number of at least 0, but is -1");
  expect(() => new SGD({ lr: 1, nesterov: true })).toThrow("nesterov needs a momentum");
  expect(() => new Adam({ lr: 1, betas: [0.9, 1] })).toThrow("betas[1] must be in [0, 1), but is 1");
  expect(() => new AdamW({ lr: 1, groups: [{ where: biasesAndNorms, eps: -1 }] })).toThrow("eps");
  expect(() => new RMSprop({ lr: 1, alpha: Number.NaN })).toThrow("alpha");
});

test("float32 parameters stay within a kernel's tolerance of the formula", async () => {
  const parameter = new Variable(tensor([0.3, -0.7]));
  const optimizer = new AdamW({ lr });
  const formula = [0, 1].map(() =>
    adamFormula({ betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, amsgrad: false }, true),
  );
  const expected = Array.from(Float32Array.of(0.3, -0.7));
  for (let step = 0; step < 5; step++) {
    const gradient = [step - 1.5, 0.25];
    optimizer.update(new Map([[parameter, tensor(gradient)]]));
    await evaluate([parameter.value]);
    for (const i of [0, 1]) expected[i] = formula[i]!(expected[i]!, gradient[i]!);
  }
  expect(compareArrays(await parameter.data(), expected, tolerance.kernel)).toBeUndefined();
});
