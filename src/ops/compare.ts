import { apply, defineOp, type Op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { applyElementwise, defineElementwise, type ElementwiseOp } from "./elementwise.ts";
import { asTensor, cast, expandTo, type TensorLike, unify } from "./like.ts";

type Comparison = (a: TensorLike | number, b: TensorLike | number) => Tensor;

function comparison(name: string, holds: (a: number, b: number) => boolean): Comparison {
  const op: ElementwiseOp = defineElementwise({
    name,
    arity: 2,
    scalar: (a, b) => Number(holds(a!, b!)),
    dtype: () => "bool",
    ranges: [
      [-3, 3],
      [-3, 3],
    ],
  });
  return (a, b) => applyElementwise(op, a, b);
}

/** a = b as bool, with broadcasting. */
export const equal: Comparison = comparison("equal", (a, b) => a === b);
/** a ≠ b as bool, with broadcasting. */
export const notEqual: Comparison = comparison("notEqual", (a, b) => a !== b);
/** a < b as bool, with broadcasting. */
export const less: Comparison = comparison("less", (a, b) => a < b);
/** a ≤ b as bool, with broadcasting. */
export const lessEqual: Comparison = comparison("lessEqual", (a, b) => a <= b);

/** a > b as bool, with broadcasting. */
export function greater(a: TensorLike | number, b: TensorLike | number): Tensor {
  return less(b, a);
}

/** a ≥ b as bool, with broadcasting. */
export function greaterEqual(a: TensorLike | number, b: TensorLike | number): Tensor {
  return lessEqual(b, a);
}

const logicalNotOp: ElementwiseOp = defineElementwise({
  name: "logicalNot",
  arity: 1,
  scalar: (x) => Number(x === 0),
  dtypes: ["bool"],
});

/** Whether x is 0, as bool. */
export function logicalNot(x: TensorLike): Tensor {
  return applyElementwise(logicalNotOp, cast(x, "bool"));
}

/** Whether both are not 0, as bool, with broadcasting. */
export function logicalAnd(a: TensorLike, b: TensorLike): Tensor {
  return applyElementwise(logicalAndOp, cast(a, "bool"), cast(b, "bool"));
}

const logicalAndOp: ElementwiseOp = defineElementwise({
  name: "logicalAnd",
  arity: 2,
  scalar: (a, b) => Number(a !== 0 && b !== 0),
  dtypes: ["bool", "bool"],
});

/** Whether any is not 0, as bool, with broadcasting. */
export function logicalOr(a: TensorLike, b: TensorLike): Tensor {
  return logicalNot(logicalAnd(logicalNot(a), logicalNot(b)));
}

const whereOp: Op<Record<string, never>> = defineOp<Record<string, never>>({
  name: "where",
  shape: ([, a]) => a!,
  reference: ([condition, a, b], _, out) => {
    for (let i = 0; i < out.data.length; i++) out.data[i] = condition!.data[i] ? a!.data[i]! : b!.data[i]!;
  },
  vjp: ({ inputs: [condition], gradient, needs }) => [
    undefined,
    needs(1) ? where(condition!, gradient, 0) : undefined,
    needs(2) ? where(condition!, 0, gradient) : undefined,
  ],
  examples: (draw) => {
    const shape = draw.shape(2);
    return { inputs: [{ shape, dtype: "bool", range: [0, 2] }, { shape }, { shape }], attrs: {} };
  },
});

/** a where the condition is not 0, and b elsewhere, with broadcasting. */
export function where(condition: TensorLike, a: TensorLike | number, b: TensorLike | number): Tensor {
  const [x, y] = unify("where", [a, b]);
  const c = cast(asTensor(condition), "bool");
  const [test, shaped] = expandTo("where", c, x!);
  return apply(whereOp, [test, shaped, expandTo("where", c, y!)[1]], {});
}
