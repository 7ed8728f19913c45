import { expect, test } from "vitest";
import { type Tensor, tensor } from "../core/tensor.ts";
import "../index.ts";
import { mul } from "../ops/arithmetic.ts";
import { relu } from "../ops/rectifiers.ts";
import { sum } from "../ops/reduce.ts";
import { softmax } from "../ops/softmax.ts";
import { type BackwardRules, gradients } from "./gradients.ts";

const twice = (name: string): BackwardRules =>
  new Map([[name, ({ gradient }: { gradient: Tensor }) => [mul(gradient, 2), mul(gradient, 2)]]]);
const x = (): Tensor => tensor([-1, 0.5, 2]);
const slope = async (y: (x: Tensor) => Tensor, rules?: BackwardRules): Promise<number[]> => {
  const at = x();
  return [...(await gradients(sum(y(at)), [at], undefined, rules)[0]!.data())].map(Number);
};

test("a rule stands in for an op's own gradient, wherever the op is", async () => {
  expect(await slope(relu)).toEqual([0, 1, 1]);
  expect(await slope(relu, twice("relu"))).toEqual([2, 2, 2]);
  expect(await slope((t) => relu(relu(t)), twice("relu"))).toEqual([4, 4, 4]);
});

test("a rule for an op says nothing of others, not even of what it is made of", async () => {
  expect(await slope(relu, twice("maximum"))).toEqual([0, 1, 1]);
  expect(await slope((t) => mul(softmax(t), t), twice("exp"))).toEqual(
    await slope((t) => mul(softmax(t), t)),
  );
});
