/** An op of one's own: log(cosh x), a loss that is quadratic near 0 and linear far away. */
import assert from "node:assert/strict";
import {
  abs,
  add,
  apply,
  compile,
  defineOp,
  evaluate,
  exp,
  grad,
  log1p,
  mul,
  reference,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
} from "fovea";

const logCoshOp = defineOp({
  name: "logCosh",
  shape: ([x]) => x!,
  // What the op means: a plain loop in float64.
  reference: ([x], _, out) => {
    for (let i = 0; i < out.data.length; i++) out.data[i] = Math.log(Math.cosh(x!.data[i]!));
  },
  // What compilers make of it: |x| + log(1 + e^(−2|x|)) − log 2, which does not overflow.
  decompose: ([x]) => sub(add(abs(x!), log1p(exp(mul(abs(x!), -2)))), Math.LN2),
  vjp: ({ inputs: [x], gradient }) => [mul(gradient, tanh(x!))],
  examples: (draw) => ({ inputs: [{ shape: draw.shape(2), range: [-4, 4] }], attrs: {} }),
});

const logCosh = (x: Tensor): Tensor => apply(logCoshOp, [x], {});

// The gradient against central differences, in float64 on the reference backend.
const points = Float64Array.of(-3, -0.7, 0, 0.2, 1.5);
const h = 1e-5;
const at = (shift: number): Tensor => logCosh(tensor(points.map((x) => x + shift)));
const [above, below, slope] = [at(h), at(-h), grad((x) => sum(logCosh(x!)))(tensor(points))];
await evaluate([above, below, slope], reference);
const [high, low, analytic] = await Promise.all([above.data(), below.data(), slope.data()]);
analytic.forEach((value, i) => {
  assert(Math.abs(value - (high[i]! - low[i]!) / (2 * h)) < 1e-9);
});

// In a compiled function it is fused with its surroundings into one kernel.
const penalty = compile((x: Tensor) => mul(logCosh(mul(x, 2)), 0.5));
const x = Float32Array.of(-300, -1, 0, 0.25, 80);
const values = await (await penalty(tensor(x))).data();
values.forEach((value, i) => {
  const exact = 0.5 * (Math.abs(2 * x[i]!) + Math.log1p(Math.exp(-4 * Math.abs(x[i]!))) - Math.LN2);
  assert(Math.abs(value - exact) <= 1e-6 * Math.max(1, exact), `${value} instead of ${exact}`);
});
assert.equal((await penalty.program(tensor(x))).describe().length, 1);
console.log(`0.5·log(cosh 2x) of ${[...x]}: ${[...values]}`);
