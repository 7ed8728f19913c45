import type { Tensor } from "../core/tensor.ts";
import { greater, greaterEqual, less, lessEqual, where } from "./compare.ts";
import { applyElementwise, applyReal, defineElementwise, type ElementwiseOp } from "./elementwise.ts";
import { type TensorLike, zeros } from "./like.ts";
import { log } from "./math.ts";

const addOp: ElementwiseOp = defineElementwise({
  name: "add",
  arity: 2,
  scalar: (a, b) => a! + b!,
  vjp: ({ gradient }) => [gradient, gradient],
});

/** a + b, with broadcasting. */
export function add(a: TensorLike | number, b: TensorLike | number): Tensor {
  return applyElementwise(addOp, a, b);
}

const subOp: ElementwiseOp = defineElementwise({
  name: "sub",
  arity: 2,
  scalar: (a, b) => a! - b!,
  vjp: ({ gradient, needs }) => [gradient, needs(1) ? neg(gradient) : undefined],
});

/** a − b, with broadcasting. */
export function sub(a: TensorLike | number, b: TensorLike | number): Tensor {
  return applyElementwise(subOp, a, b);
}

const mulOp: ElementwiseOp = defineElementwise({
  name: "mul",
  arity: 2,
  scalar: (a, b) => a! * b!,
  vjp: ({ inputs: [a, b], gradient, needs }) => [
    needs(0) ? mul(gradient, b!) : undefined,
    needs(1) ? mul(gradient, a!) : undefined,
  ],
});

/** a · b element by element, with broadcasting. */
export function mul(a: TensorLike | number, b: TensorLike | number): Tensor {
  return applyElementwise(mulOp, a, b);
}

const divOp: ElementwiseOp = defineElementwise({
  name: "div",
  arity: 2,
  scalar: (a, b) => a! / b!,
  ranges: [
    [-1, 1],
    [0.5, 2],
  ],
  vjp: ({ inputs: [, b], output, gradient, needs }) => {
    const da = div(gradient, b!);
    return [da, needs(1) ? neg(mul(da, output)) : undefined];
  },
});

/** a / b, with broadcasting; integers are divided as real numbers. */
export function div(a: TensorLike | number, b: TensorLike | number): Tensor {
  return applyReal(divOp, a, b);
}

const powOp: ElementwiseOp = defineElementwise({
  name: "pow",
  arity: 2,
  scalar: (a, b) => a! ** b!,
  ranges: [
    [0.3, 2],
    [-2, 2],
  ],
  vjp: ({ inputs: [a, b], output, gradient, needs }) => [
    needs(0) ? mul(gradient, mul(b!, pow(a!, sub(b!, 1)))) : undefined,
    needs(1)
      ? mul(
          gradient,
          where(greater(a!, 0), mul(output, log(where(greater(a!, 0), a!, 1))), zeros(a!.shape, a!.dtype)),
        )
      : undefined,
  ],
});

/** a to the power b, with broadcasting. The derivative by b is taken as 0 where a ≤ 0. */
export function pow(a: TensorLike | number, b: TensorLike | number): Tensor {
  return applyReal(powOp, a, b);
}

const maximumOp: ElementwiseOp = defineElementwise({
  name: "maximum",
  arity: 2,
  scalar: (a, b) => Math.max(a!, b!),
  vjp: ({ inputs: [a, b], gradient }) => [
    where(greaterEqual(a!, b!), gradient, 0),
    where(less(a!, b!), gradient, 0),
  ],
});

/** The larger of a and b, with broadcasting; NaN if either is. Where they are equal the gradient goes to a. */
export function maximum(a: TensorLike | number, b: TensorLike | number): Tensor {
  return applyElementwise(maximumOp, a, b);
}

const minimumOp: ElementwiseOp = defineElementwise({
  name: "minimum",
  arity: 2,
  scalar: (a, b) => Math.min(a!, b!),
  vjp: ({ inputs: [a, b], gradient }) => [
    where(lessEqual(a!, b!), gradient, 0),
    where(greater(a!, b!), gradient, 0),
  ],
});

/** The smaller of a and b, with broadcasting; NaN if either is. Where they are equal the gradient goes to a. */
export function minimum(a: TensorLike | number, b: TensorLike | number): Tensor {
  return applyElementwise(minimumOp, a, b);
}

const negOp: ElementwiseOp = defineElementwise({
  name: "neg",
  arity: 1,
  scalar: (x) => -x!,
  vjp: ({ gradient }) => [neg(gradient)],
});

/** −x. */
export function neg(x: TensorLike): Tensor {
  return applyElementwise(negOp, x);
}

/** x², as x · x. */
export function square(x: TensorLike): Tensor {
  return mul(x, x);
}

/** x limited to [low, high]; the gradient passes where x is inside, the ends included. */
export function clamp(x: TensorLike, low: number, high: number): Tensor {
  return minimum(maximum(x, low), high);
}
