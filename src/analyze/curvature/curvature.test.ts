import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { cancelling } from "../../../test/agreement.ts";
import { smallBatches, smallCnn, wave } from "../../../test/small-cnn.ts";
import { compareArrays, tolerance } from "../../../test/tolerance.ts";
import "../../default-backend.ts";
import { createWasmBackend } from "../../backend/wasm/wasm.ts";
import { setBackend } from "../../compiler/runtime.ts";
import { Draw } from "../../core/draw.ts";
import { ArgumentError } from "../../core/errors.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { Module } from "../../nn/module.ts";
import { Parameter } from "../../nn/parameter.ts";
import { mul } from "../../ops/arithmetic.ts";
import { matmul } from "../../ops/matmul.ts";
import { reshape } from "../../ops/movement.ts";
import { sum } from "../../ops/reduce.ts";
import type { LabelledBatch } from "../objective.ts";
import { HessianProduct } from "./hessian-product.ts";
import { hessianSpectrum } from "./hessian-spectrum.ts";
import { hessianTrace } from "./hessian-trace.ts";
import { smoothDensity, spectralDensity } from "./spectral-density.ts";

beforeAll(() => setBackend(createWasmBackend({ threads: 1 })));

const [smallBatch] = smallBatches(4);

/**
 * PyTorch 2.13 in float64: the gradient of the gradient (torch.autograd.grad twice), row by row, and
 * torch.linalg.eigvalsh. Its torch.func.hessian is wrong for batch norm in training: not symmetric, and off from central
 * differences of the gradient by 0.07, from which the double gradient is off by 2e-10.
 */
const expected = {
  running: {
    top: [4.391152865226168, 1.684855612569181, 1.1303511799601318, 0.6722029074890932],
    bottom: [-2.1842516452950953, -1.074584356178493],
    trace: 5.37965134831778,
    start: [0.6127712165310292, -0.021519629100977045, -1.0429879276150522, -0.4226399900390012],
    end: [-0.46113150817714715, -0.2647458833388333, 0.7258773915159803],
    sum: -0.835183414151321,
  },
  batch: {
    top: [3.5750548306363275, 1.7000490162850324, 1.5090939974198276, 0.779539048399661],
    bottom: [-2.0369834159356897, -1.0545493218783561],
    trace: 5.4070871182508835,
    start: [0.5934445315328019, -0.10327059644531064, -1.0211396728265942, -0.2562358927545148],
    end: [-0.38623164306268815, -0.19438138552185885, 0.580613028584547],
    sum: -1.2791204206120614,
  },
};

describe.each(["running", "batch"] as const)("a small CNN, %s statistics, against PyTorch", (statistics) => {
  const { top, bottom, trace, start, end, sum: total } = expected[statistics];

  test("Hessian-vector product, also of the batch in parts", async () => {
    const model = smallCnn();
    const batches = [smallBatch!];
    const v = wave(93, 20);
    const product = await new HessianProduct(model, batches, { statistics }).apply(v);
    expect(compareArrays(product.subarray(0, 4), start, cancelling)).toBeUndefined();
    expect(compareArrays(product.subarray(-3), end, cancelling)).toBeUndefined();
    expect(product.reduce((a, b) => a + b, 0)).toBeCloseTo(total, 4);
    if (statistics === "batch") return;
    const again = await new HessianProduct(model, smallBatches(1, 3), { statistics }).apply(v);
    expect(compareArrays(again, product, cancelling)).toBeUndefined();
  });

  test("both ends of the spectrum, its trace and its density", async () => {
    const model = smallCnn();
    const before = await model.stateDict();
    const options = { statistics, seed: 1 };
    const spectrum = await hessianSpectrum(model, [smallBatch!], {
      ...options,
      top: 4,
      bottom: 2,
      tolerance: 1e-5,
    });
    expect(spectrum).toMatchObject({ parameters: 93, converged: true });
    expect(spectrum.steps).toBeLessThan(60);
    expect(
      compareArrays(
        spectrum.largest.map(({ value }) => value),
        top,
        cancelling,
      ),
    ).toBeUndefined();
    expect(
      compareArrays(
        spectrum.smallest.map(({ value }) => value),
        bottom,
        cancelling,
      ),
    ).toBeUndefined();
    const { mean, standardError } = await hessianTrace(model, [smallBatch!], { ...options, probes: 60 });
    expect(Math.abs(mean - trace)).toBeLessThan(3 * standardError);
    const density = await spectralDensity(model, [smallBatch!], { ...options, probes: 20, steps: 12 });
    expect(density.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
    const first = density.nodes.reduce((sum, node, k) => sum + node * density.weights[k]!, 0);
    expect(first).toBeCloseTo(trace / 93, 1);
    const after = await model.stateDict();
    for (const [name, { data }] of before) expect([...after.get(name)!.data]).toEqual([...data]);
    expect(model.training).toBe(true);
  });
});

/** ½ θᵀ A θ with a known A. */
class Quadratic extends Module {
  readonly theta: Parameter;
  readonly #a: Tensor;

  constructor(a: Float32Array, n: number) {
    super();
    this.theta = new Parameter(tensor(wave(n, 1)));
    this.#a = tensor(a, { shape: [n, n] });
  }

  override forward(): Tensor {
    const row = reshape(this.theta.value, [1, this.theta.shape[0]!]);
    return sum(mul(mul(matmul(row, this.#a), row), 0.5));
  }
}

const nothing: LabelledBatch[] = [[tensor([0]), tensor([0], { dtype: "int32" })]];
const itself = { loss: (outputs: Tensor): Tensor => outputs };

/** A symmetric matrix with these eigenvalues: their diagonal, reflected (Householder) at a random vector. */
function withSpectrum(values: readonly number[], seed: number): Float32Array {
  const n = values.length;
  const draw = new Draw(seed);
  const u = values.map(() => draw.float(-1, 1));
  const length = u.reduce((total, x) => total + x * x, 0);
  const q = (i: number, j: number): number => Number(i === j) - (2 * u[i]! * u[j]!) / length;
  return Float32Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return values.reduce((total, value, k) => total + value * q(i, k) * q(j, k), 0);
  });
}

describe("quadratics of known spectra", () => {
  test("all eigenvalues, multiple ones too, of random symmetric matrices", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 12 }),
        fc.nat(1e6),
        async (values, seed) => {
          const n = values.length;
          const model = new Quadratic(withSpectrum(values, seed), n);
          const options = { ...itself, top: n, bottom: n, seed, tolerance: 1e-9 };
          const { largest, smallest, steps } = await hessianSpectrum(model, nothing, options);
          expect(steps).toBe(n);
          const sorted = values.toSorted((a, b) => b - a);
          const found = largest.map(({ value }) => value);
          expect(compareArrays(found, sorted, { relative: 1e-5, absolute: 2e-5 })).toBeUndefined();
          expect(smallest.map(({ value }) => value)).toEqual(found.toReversed());
        },
      ),
      { numRuns: 15 },
    );
  });

  test("the residual says how far an eigenvalue is at most", async () => {
    const values = Array.from({ length: 60 }, (_, k) => 10 * 0.9 ** k);
    const model = new Quadratic(withSpectrum(values, 5), 60);
    const options = { ...itself, top: 3, bottom: 0, maxSteps: 6 };
    const { largest, converged } = await hessianSpectrum(model, nothing, options);
    expect(converged).toBe(false);
    for (const { value, residual } of largest) {
      const distance = Math.min(...values.map((each) => Math.abs(each - value)));
      expect(distance).toBeLessThan(residual + 1e-4);
    }
    const all = await hessianSpectrum(model, nothing, { ...options, maxSteps: 60, tolerance: 1e-4 });
    expect(all.converged).toBe(true);
    expect(
      compareArrays(
        all.largest.map(({ value }) => value),
        values.slice(0, 3),
        tolerance.model,
      ),
    ).toBeUndefined();
  });

  test("the density of two eigenvalues has their shares; frozen parameters are none of it", async () => {
    const values = Array.from({ length: 40 }, (_, k) => (k < 30 ? 1 : 5));
    const model = new Quadratic(withSpectrum(values, 2), 40);
    const density = await spectralDensity(model, nothing, { ...itself, probes: 30, steps: 4 });
    const [low, high] = smoothDensity(density, [1, 5], 0.1);
    expect(high! / low!).toBeGreaterThan(0.2);
    expect(high! / low!).toBeLessThan(0.5);
    model.freeze();
    expect(() => new HessianProduct(model, nothing, itself)).toThrow("no parameters that are not frozen");
  });
});

test("what cannot be meant is refused", async () => {
  await expect(hessianSpectrum(smallCnn(), [])).rejects.toThrow("there are no samples");
  await expect(hessianSpectrum(smallCnn(), [smallBatch!], { top: -1 })).rejects.toThrow(ArgumentError);
  await expect(hessianTrace(smallCnn(), [smallBatch!], { probes: 0 })).rejects.toThrow(ArgumentError);
  await expect(spectralDensity(smallCnn(), [smallBatch!], { steps: 0.5 })).rejects.toThrow(ArgumentError);
  const plain = new Quadratic(Float32Array.of(1), 1);
  const batch = { ...itself, statistics: "batch" } as const;
  await expect(hessianSpectrum(plain, nothing, batch)).rejects.toThrow("layers of batch normalization");
  const aborted = { signal: AbortSignal.abort(new Error("enough")) };
  await expect(hessianSpectrum(smallCnn(), [smallBatch!], aborted)).rejects.toThrow("enough");
});
