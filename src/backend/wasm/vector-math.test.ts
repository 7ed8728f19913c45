import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "./assembler.ts";
import { enableRelaxedSimd } from "./platform.node.ts";
import { type MathFunction, VectorMath } from "./vector-math.ts";

enableRelaxedSimd();

const count = 1 << 20;
const bytes = 4 * count;
const memory = new WebAssembly.Memory({ initial: (3 * bytes) / 65536 });
const x = new Float32Array(memory.buffer, 0, count);
const y = new Float32Array(memory.buffer, bytes, count);
const result = new Float32Array(memory.buffer, 2 * bytes, count);

/** Applies a function to all of `x` (and `y`), into `result`: by a call for each vector, or in place. */
function compile(name: MathFunction, fused: boolean, inline = false): () => void {
  const module = new ModuleBuilder();
  module.importMemory({ shared: false, initialPages: 1 });
  const math = new VectorMath(module, fused);
  const target = math.function(name);
  module.function("run", { params: [], results: [], export: "run" }, (f) => {
    const at = f.local("i32");
    f.loop((again) => {
      f.get(at);
      f.v128.load(f.get(at));
      if (name === "pow") f.v128.load({ offset: bytes }, f.get(at));
      if (inline) math.inline(f, name);
      else f.call(target);
      f.v128.store({ offset: 2 * bytes });
      f.set(at, f.i32.add(f.get(at), f.i32.const(16)));
      f.brIf(again, f.i32.ltU(f.get(at), f.i32.const(bytes)));
    });
  });
  const compiled = new WebAssembly.Module(module.finish());
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports.run as () => void;
}

const word = new Float32Array(1);
const wordBits = new Uint32Array(word.buffer);

/** Distance from the exact value in units of float32's last place there; infinite for a wrong special value. */
function ulps(actual: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(actual, rounded)) return 0;
  if (Number.isNaN(actual) || Number.isNaN(rounded)) return Number.POSITIVE_INFINITY;
  if (actual === rounded) return Number.POSITIVE_INFINITY; // zeros of different sign
  word[0] = exact;
  const exponent = Math.min(Math.max((wordBits[0]! >>> 23) & 0xff, 1), 254);
  const finite = (value: number) => Math.min(Math.max(value, -(2 ** 128)), 2 ** 128);
  return Math.abs(finite(actual) - finite(exact)) / 2 ** (exponent - 150);
}

/** erf x = 2/√π e^-x² Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms all have one sign (Abramowitz and Stegun, 7.1.6). */
function erf(value: number): number {
  if (!(Math.abs(value) < 6)) return Number.isNaN(value) ? value : Math.sign(value);
  let term = value;
  let sum = value;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * value * value) / (2 * n + 1);
    sum += term;
  }
  return value === 0 ? value : (2 / Math.sqrt(Math.PI)) * Math.exp(-value * value) * sum;
}

/** C99 differs from JavaScript where a base of ±1 meets NaN or infinity. */
function pow(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY) return 1;
  return base ** exponent;
}

const unaryFunctions: readonly {
  readonly name: MathFunction;
  readonly exact: (x: number) => number;
  readonly limit: number;
  readonly range?: number;
}[] = [
  { name: "exp", exact: Math.exp, limit: 1.5 },
  { name: "expm1", exact: Math.expm1, limit: 1.6 },
  { name: "log", exact: Math.log, limit: 1 },
  { name: "log1p", exact: Math.log1p, limit: 2 },
  { name: "sigmoid", exact: (a) => 1 / (1 + Math.exp(-a)), limit: 2 },
  { name: "tanh", exact: Math.tanh, limit: 2.5 },
  { name: "erf", exact: erf, limit: 3.5 },
  { name: "sin", exact: Math.sin, limit: 0.51, range: 2 ** 20 },
  { name: "cos", exact: Math.cos, limit: 0.51, range: 2 ** 20 },
];

const edges = [
  0,
  -0,
  1,
  -1,
  2,
  -2,
  3,
  -3,
  0.5,
  -0.5,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  2 ** -127,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  88.72283,
  88.7229,
  -87.33655,
  -87.4,
  -103.97,
  -103.98,
  -104,
  89,
  9.01,
  9.02,
  4,
  3.999,
  0.70710677,
  0.70710683,
  Math.SQRT2,
  1.4142137,
  0.99999994,
  1.0000001,
  -0.99999994,
  16777216,
  16777217,
  8388607.5,
  1e30,
].map(Math.fround);

/** Every 4096th bit pattern, so all exponents and both signs; every other one lies in [-16, 16] instead. */
function fillWithAllMagnitudes(): void {
  const bits = new Uint32Array(memory.buffer, 0, count);
  for (let index = 0; index < count; index++)
    if (index % 2 === 0) bits[index] = Math.imul(index, 4099) + 77;
    else x[index] = ((index * 7919) % count) / (count / 32) - 16;
  x.set(edges);
}

interface Worst {
  error: number;
  at: string;
}

function worstError(exact: (index: number) => number, describe: (index: number) => string): Worst {
  let worst = { error: 0, at: "" };
  for (let index = 0; index < count; index++) {
    const error = ulps(result[index]!, exact(index));
    if (error > worst.error)
      worst = { error, at: `${describe(index)}: ${result[index]}, not ${exact(index)}` };
  }
  return worst;
}

describe.each([{ fused: true }, { fused: false }])("VectorMath, fused: $fused", ({ fused }) => {
  it.each(unaryFunctions)("$name is within $limit ulp", ({ name, exact, limit, range }) => {
    fillWithAllMagnitudes();
    if (range !== undefined)
      for (let index = 0; index < count; index++)
        if (Math.abs(x[index]!) > range && Number.isFinite(x[index])) x[index]! %= range;
    compile(name, fused)();
    const worst = worstError(
      (index) => exact(x[index]!),
      (index) => `${name}(${x[index]})`,
    );
    expect(worst.error, worst.at).toBeLessThanOrEqual(limit);
  });

  it.each(["sin", "cos"] as const)("%s stays within [-1, 1] beyond its range", (name) => {
    fillWithAllMagnitudes();
    compile(name, fused)();
    expect(result.findIndex((value) => Math.abs(value) > 1)).toBe(-1);
  });

  it.each(["erf", "tanh"] as const)("%s is ±1 for large arguments and never beyond", (name) => {
    fillWithAllMagnitudes();
    compile(name, fused)();
    expect(result.findIndex((value) => Math.abs(value) > 1)).toBe(-1);
    const from = name === "erf" ? 4 : 9.02;
    expect(x.findIndex((value, i) => Math.abs(value) >= from && result[i] !== Math.sign(value))).toBe(-1);
  });

  it.each(["exp", "sigmoid", "tanh", "erf", "log"] as const)("%s has the same bits in place", (name) => {
    fillWithAllMagnitudes();
    compile(name, fused)();
    const called = result.slice();
    result.fill(0);
    compile(name, fused, true)();
    expect(result.findIndex((value, i) => !Object.is(value, called[i]))).toBe(-1);
  });

  it("pow is within 0.51 ulp for bases and exponents of all magnitudes", () => {
    fillWithAllMagnitudes();
    const bits = new Uint32Array(memory.buffer, bytes, count);
    for (let index = 0; index < count; index++) {
      // Exponents of any size, small ones, small integers, and such that the result is just representable.
      const kind = index % 4;
      if (kind === 0) bits[index] = Math.imul(index, 65537 * 11) + 5;
      if (kind === 1) y[index] = ((index * 104729) % 2000) / 100 - 10;
      if (kind === 2) y[index] = ((index * 31) % 41) - 20;
      if (kind === 3) y[index] = (((index * 7907) % 300) - 150) / Math.log2(Math.abs(x[index]!));
    }
    compile("pow", fused)();
    const worst = worstError(
      (index) => pow(x[index]!, y[index]!),
      (index) => `pow(${x[index]}, ${y[index]})`,
    );
    expect(worst.error, worst.at).toBeLessThanOrEqual(0.51);
  });

  it("pow has every special case of C99", () => {
    x.fill(1);
    y.fill(1);
    edges.forEach((base, row) => {
      edges.forEach((exponent, column) => {
        x[row * edges.length + column] = base;
        y[row * edges.length + column] = exponent;
      });
    });
    compile("pow", fused)();
    const worst = worstError(
      (index) => pow(x[index]!, y[index]!),
      (index) => `pow(${x[index]}, ${y[index]})`,
    );
    expect(worst.error, worst.at).toBeLessThanOrEqual(0.51);
  });

  it("emits a helper once for each module", () => {
    const math = new VectorMath(new ModuleBuilder(), fused);
    expect(math.function("tanh")).toBe(math.function("tanh"));
    expect(math.function("pow").params).toEqual(["v128", "v128"]);
  });
});
