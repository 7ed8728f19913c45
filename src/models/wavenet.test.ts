import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareArrays, tolerance } from "../../test/tolerance.ts";
import { compile } from "../compiler/compile.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { manualSeed } from "../nn/random.ts";
import "./index.ts";
import { WaveNet } from "./wavenet.ts";
import { LayerQueues } from "./wavenet-generate.ts";

const classes = 16;

/** Two blocks of dilations 1, 2 and 4: each output depends on 16 samples. */
function small(seed = 4): WaveNet {
  manualSeed(seed);
  return new WaveNet({
    inChannels: classes,
    numClasses: classes,
    dilations: [1, 2, 4],
    blocks: 2,
    residualChannels: 8,
    skipChannels: 12,
  });
}

/** Logits [classes, T] of codes, all at once. */
function evaluator(model: WaveNet): (codes: readonly number[]) => Promise<number[][]> {
  const run = compile((codes: Tensor) => model.forwardCodes(codes));
  return async (codes) => {
    const y = await (await run(tensor(Int32Array.from(codes), { shape: [1, codes.length] }))).data();
    return codes.map((_, t) => Array.from({ length: classes }, (__, c) => y[c * codes.length + t]!));
  };
}

const length = 40;
const sequence = fc.array(fc.nat(classes - 1), { minLength: length, maxLength: length });

describe("WaveNet", () => {
  const model = small();
  const logitsOf = evaluator(model);

  test("says how far it sees", () => {
    expect(new WaveNet().receptiveField).toBe(3071);
    expect(model.receptiveField).toBe(2 + 2 * (1 + 2 + 4));
  });

  /** The times at which logits differ. */
  async function moved(codes: readonly number[], at: number, by: number): Promise<number[]> {
    const before = await logitsOf(codes);
    const after = await logitsOf(codes.with(at, (codes[at]! + by) % classes));
    return before.flatMap((logits, t) => (logits.every((v, c) => v === after[t]![c]) ? [] : [t]));
  }

  test("is causal: outputs depend on no sample after them, nor on one before their receptive field", async () => {
    const change = fc.integer({ min: 1, max: classes - 1 });
    await fc.assert(
      fc.asyncProperty(sequence, fc.nat(length - 1), change, async (codes, at, by) => {
        for (const t of await moved(codes, at, by)) {
          expect(t).toBeGreaterThanOrEqual(at);
          expect(t).toBeLessThan(at + model.receptiveField);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("depends on all of its receptive field", async () => {
    const codes = Array.from({ length }, (_, t) => (5 * t + 3) % classes);
    const times = await moved(codes, 7, 3);
    expect([times[0], times.at(-1)]).toEqual([7, 7 + model.receptiveField - 1]);
  });

  test("has layers that compute tanh(W_f ∗ x) · σ(W_g ∗ x), and a sum of what they skip", async () => {
    const one = new WaveNet({
      ...{ inChannels: classes, numClasses: classes, dilations: [3], blocks: 1 },
      ...{ residualChannels: 1, skipChannels: 1 },
    });
    const [layer] = one.layers;
    const numbers = async (name: string) => [...(await one.namedParameters().get(name)!.data())];
    const affine = async (name: string) =>
      [await numbers(`${name}.weight`), await numbers(`${name}.bias`)] as const;
    const codes = [2, 9, 11, 0, 15, 7];
    const [[causal], filter, gate, skip, hidden, [w, b]] = await Promise.all(
      ["causal", "layers.0.filter", "layers.0.gate", "layers.0.skip", "hidden", "classifier"].map(affine),
    );
    const bias = (await numbers("causal.bias"))[0]!;
    const x = codes.map(
      (code, t) => bias + causal![2 * code + 1]! + (t > 0 ? causal![2 * codes[t - 1]!]! : 0),
    );
    const at = ([[past, now], [offset]]: typeof filter, t: number) =>
      offset! + past! * (x[t - 3] ?? 0) + now! * x[t]!;
    const relu = (v: number) => Math.max(0, v);
    const line = ([[slope], [offset]]: typeof filter, v: number) => offset! + slope! * v;
    const expected = codes.map((_, t) => {
      const gated = Math.tanh(at(filter!, t)) / (1 + Math.exp(-at(gate!, t)));
      const h = relu(line(hidden!, relu(line(skip!, gated))));
      return w!.map((slope, c) => b![c]! + slope * h);
    });
    expect(layer!.residual).toBeUndefined();
    expect(
      compareArrays((await evaluator(one)(codes)).flat(), expected.flat(), tolerance.kernel),
    ).toBeUndefined();
  });
});

describe("generation", () => {
  const model = small(7);
  const logitsOf = evaluator(model);

  test("draws what evaluating everything again for each code would draw", async () => {
    const prime = [3, 1, 4, 1, 5];
    const drawn = await model.generate(35, { temperature: 0, prime });
    const logits = await logitsOf([...prime, ...drawn].slice(0, -1));
    const expected = logits.slice(prime.length - 1).map((each) => each.indexOf(Math.max(...each)));
    expect([...drawn]).toEqual(expected);
  });

  test("steps to the logits of the whole, whatever came before", async () => {
    await fc.assert(
      fc.asyncProperty(sequence, async (codes) => {
        const queues = new LayerQueues(model);
        const seen: number[] = [];
        for (const code of codes) seen.push(...Array.from(await queues.advance(code)));
        const all = (await logitsOf(codes)).flat();
        expect(compareArrays(seen, all, tolerance.kernel)).toBeUndefined();
      }),
      { numRuns: 2 },
    );
  });

  test("follows its seed, and the logits by temperature", async () => {
    const draw = (options: object) => model.generate(60, options).then((codes) => [...codes]);
    expect(await draw({ seed: 1 })).toEqual(await draw({ seed: 1 }));
    expect(await draw({ seed: 1 })).not.toEqual(await draw({ seed: 2 }));
    expect(await draw({ seed: 1, temperature: 1e-4 })).toEqual(await draw({ temperature: 0 }));
    expect(new Set(await draw({ temperature: 1e3 })).size).toBeGreaterThan(classes / 2);
    expect(await draw({ seed: 1 }).then((codes) => codes.slice(0, 20))).toEqual([
      ...(await model.generate(20, { seed: 1 })),
    ]);
  });

  test.each([
    [-1, {}, "length must be a whole number, but is -1"],
    [1, { seed: 0.5 }, "seed must be an integer"],
    [1, { temperature: -1 }, "temperature must not be negative, but is -1"],
    [1, { prime: [16] }, "prime must hold codes below 16"],
  ])("of %d codes with %j is refused", async (count, options, message) => {
    await expect(model.generate(count, options)).rejects.toThrow(message);
  });

  test("needs as many codes out as in", async () => {
    const other = new WaveNet({ numClasses: 4, dilations: [1], residualChannels: 2, skipChannels: 2 });
    await expect(other.generate(1)).rejects.toThrow("but there are 4 and 256");
  });
});
