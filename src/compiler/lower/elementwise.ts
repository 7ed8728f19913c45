import {
  type BinaryFunction,
  binary,
  castTo,
  constantOf,
  type Expr,
  position,
  select,
  type UnaryFunction,
  unary,
} from "../expr.ts";
import type { Lowering } from "./lowering.ts";

function elementwise(cost: number, combine: (...values: Expr[]) => Expr): Lowering {
  return {
    kind: "elementwise",
    cost,
    lower: (operands) => (at) => combine(...operands.map((operand) => operand.at(at))),
  };
}

const unaryCosts: Record<UnaryFunction, number> = {
  neg: 1,
  abs: 1,
  exp: 20,
  log: 20,
  log1p: 20,
  expm1: 20,
  sqrt: 5,
  sin: 20,
  cos: 20,
  tanh: 20,
  sigmoid: 20,
  erf: 20,
  sign: 3,
  floor: 1,
  not: 1,
  bitsToUnit: 2,
};

const binaryCosts: Record<BinaryFunction, number> = {
  add: 1,
  sub: 1,
  mul: 1,
  div: 4,
  pow: 40,
  maximum: 1,
  minimum: 1,
  equal: 1,
  notEqual: 1,
  less: 1,
  lessEqual: 1,
  and: 1,
};

const graphNames: Partial<Record<UnaryFunction | BinaryFunction, string>> = {
  not: "logicalNot",
  and: "logicalAnd",
};

export const elementwiseLowerings: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries(
    (Object.keys(unaryCosts) as UnaryFunction[]).map((fn) => [
      graphNames[fn] ?? fn,
      elementwise(unaryCosts[fn], (x) => unary(fn, x!)),
    ]),
  ),
  ...Object.fromEntries(
    (Object.keys(binaryCosts) as BinaryFunction[]).map((fn) => [
      graphNames[fn] ?? fn,
      elementwise(binaryCosts[fn], (a, b) => binary(fn, a!, b!)),
    ]),
  ),
  where: elementwise(1, (test, a, b) => select(test!, a!, b!)),
  cast: {
    kind: "elementwise",
    cost: 1,
    lower: ([x], { dtype }) => {
      return (at) => castTo(x!.at(at), dtype);
    },
  },
  full: {
    kind: "elementwise",
    cost: 0,
    lower: (_, { attrs, dtype }) => {
      const value = constantOf((attrs as { value: number }).value, dtype);
      return () => value;
    },
  },
  iota: { kind: "elementwise", cost: 0, lower: () => (at) => position(at[0]!) },
  /** Has the value of its first operand; the others only have to be computed before. */
  pack: { kind: "view", cost: 1, lower: ([x]) => x!.at },
  barrier: { kind: "elementwise", cost: 0, lower: ([x]) => x!.at },
};
