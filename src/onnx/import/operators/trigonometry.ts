import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import type { Operator } from "../node-call.ts";

/**
 * The arc tangent: |x| above 1 by its reciprocal, above tan(π/8) by (x − 1) / (x + 1), and a polynomial for the rest
 * (Moshier's Cephes library, atanf).
 */
function atan(x: Tensor): Tensor {
  const a = o.abs(x);
  const large = o.greater(a, 1);
  const inner = o.where(large, o.div(1, a), a);
  const middle = o.greater(inner, Math.tan(Math.PI / 8));
  const t = o.where(middle, o.div(o.sub(inner, 1), o.add(inner, 1)), inner);
  const z = o.square(t);
  const coefficients = [8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1];
  const [first, ...others] = coefficients as [number, ...number[]];
  const series = others.reduce((sum: Tensor, c) => o.add(o.mul(sum, z), c), o.full(x.shape, first, x.dtype));
  const small = o.add(o.mul(o.mul(series, z), t), t);
  const upToOne = o.where(middle, o.add(small, Math.PI / 4), small);
  return o.mul(o.sign(x), o.where(large, o.sub(Math.PI / 2, upToOne), upToOne));
}

const asin = (x: Tensor): Tensor => atan(o.div(x, o.sqrt(o.mul(o.sub(1, x), o.add(1, x)))));
const acos = (x: Tensor): Tensor => o.mul(atan(o.sqrt(o.div(o.sub(1, x), o.add(1, x)))), 2);
const sinh = (x: Tensor): Tensor => o.mul(o.sub(o.expm1(x), o.expm1(o.neg(x))), 0.5);
const cosh = (x: Tensor): Tensor => o.mul(o.add(o.exp(x), o.exp(o.neg(x))), 0.5);
const asinh = (x: Tensor): Tensor => {
  const [a, square] = [o.abs(x), o.square(x)];
  return o.mul(o.sign(x), o.log1p(o.add(a, o.div(square, o.add(1, o.sqrt(o.add(square, 1)))))));
};
const acosh = (x: Tensor): Tensor => o.log(o.add(x, o.sqrt(o.mul(o.sub(x, 1), o.add(x, 1)))));
const atanh = (x: Tensor): Tensor => o.mul(o.sub(o.log1p(x), o.log1p(o.neg(x))), 0.5);
const tan = (x: Tensor): Tensor => o.div(o.sin(x), o.cos(x));

const functions = {
  Sin: o.sin,
  Cos: o.cos,
  Tan: tan,
  Asin: asin,
  Acos: acos,
  Atan: atan,
  Sinh: sinh,
  Cosh: cosh,
  Asinh: asinh,
  Acosh: acosh,
  Atanh: atanh,
} as const;

export const trigonometryOperators: Readonly<Record<string, Operator>> = Object.fromEntries(
  Object.entries(functions).map(([name, fn]): [string, Operator] => [name, (call) => fn(call.tensor(0))]),
);
