import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Atom,
  constant,
  flatten,
  type Index,
  type LoopVariable,
  loopVariable,
  plus,
  quotient,
  rangeOf,
  remainder,
  slope,
  substitute,
  times,
  unflatten,
  variable,
} from "./index-expr.ts";

type Values = ReadonlyMap<LoopVariable, number>;

/** The number that an index stands for, straight from its definition. */
function evaluate(index: Index, values: Values): number {
  return index.terms.reduce(
    (sum, { atom, factor }) => sum + factor * evaluateAtom(atom, values),
    index.constant,
  );
}

function evaluateAtom(atom: Atom, values: Values): number {
  if (atom.kind === "loop") return values.get(atom)!;
  if (atom.kind === "dynamic") throw new Error("not in these tests");
  const of = evaluate(atom.of, values);
  return atom.kind === "quotient" ? Math.floor(of / atom.by) : of - atom.by * Math.floor(of / atom.by);
}

const loops = [loopVariable(3), loopVariable(8), loopVariable(5)];
const everyValue: Values[] = [];
for (let a = 0; a < 3; a++) {
  for (let b = 0; b < 8; b++) {
    for (let c = 0; c < 5; c++) everyValue.push(new Map([a, b, c].map((value, i) => [loops[i]!, value])));
  }
}

/** A random expression as an index and as a function of the loops' values. */
interface Expression {
  readonly index: Index;
  readonly value: (values: Values) => number;
}

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...loops).map((loop) => ({
      index: variable(loop),
      value: (values: Values) => values.get(loop)!,
    })),
    fc.integer({ min: -20, max: 20 }).map((n) => ({ index: constant(n), value: () => n })),
    fc.tuple(tie("expression"), tie("expression")).map(([x, y]) => ({
      index: plus(x.index, y.index),
      value: (values: Values) => x.value(values) + y.value(values),
    })),
    fc.tuple(tie("expression"), fc.integer({ min: -6, max: 6 })).map(([x, n]) => ({
      index: times(x.index, n),
      value: (values: Values) => x.value(values) * n + 0,
    })),
    fc.tuple(tie("expression"), fc.integer({ min: 1, max: 12 })).map(([x, n]) => ({
      index: quotient(x.index, n),
      value: (values: Values) => Math.floor(x.value(values) / n),
    })),
    fc.tuple(tie("expression"), fc.integer({ min: 1, max: 12 })).map(([x, n]) => ({
      index: remainder(x.index, n),
      value: (values: Values) => x.value(values) - n * Math.floor(x.value(values) / n),
    })),
  ),
}));

describe("index expressions", () => {
  test("keep their value through every simplification, and stay in their range", () => {
    fc.assert(
      fc.property(expression, ({ index, value }) => {
        const [low, high] = rangeOf(index);
        for (const values of everyValue) {
          const number = evaluate(index, values);
          expect(number).toBe(value(values));
          expect(number).toBeGreaterThanOrEqual(low);
          expect(number).toBeLessThanOrEqual(high);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a slope is the difference between neighbours, wherever it is given", () => {
    fc.assert(
      fc.property(expression, fc.constantFrom(...loops), ({ index }, loop) => {
        const step = slope(index, loop);
        if (step === undefined) return;
        for (const values of everyValue) {
          const next = new Map(values).set(loop, values.get(loop)! + 1);
          if (values.get(loop)! + 1 < loop.extent)
            expect(evaluate(index, next) - evaluate(index, values)).toBe(step);
        }
      }),
    );
  });

  test("substitution commutes with evaluation", () => {
    fc.assert(
      fc.property(expression, expression, ({ index }, other) => {
        // The replacement must stay in the variable's range, as simplification has made use of it.
        const inside = remainder(other.index, loops[0]!.extent);
        const replaced = substitute(index, new Map([[loops[0]!, inside]]));
        for (const values of everyValue) {
          const moved = new Map(values).set(loops[0]!, evaluate(inside, values));
          expect(evaluate(replaced, values)).toBe(evaluate(index, moved));
        }
      }),
    );
  });

  test("flattening coordinates that were taken from a position gives the position back", () => {
    const position = variable(loopVariable(24));
    expect(flatten(unflatten(position, [2, 3, 4]), [2, 3, 4]).key).toBe(position.key);
    const at = [2, 3, 4].map((extent) => variable(loopVariable(extent)));
    expect(unflatten(flatten(at, [2, 3, 4]), [2, 3, 4]).map(({ key }) => key)).toEqual(
      at.map(({ key }) => key),
    );
    const inner = unflatten(flatten(unflatten(position, [6, 4]), [6, 4]), [2, 12]);
    expect(flatten(inner, [2, 12]).key).toBe(position.key);
  });
});
