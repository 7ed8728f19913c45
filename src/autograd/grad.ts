import { ArgumentError } from "../core/errors.ts";
import { guarded } from "../core/guard.ts";
import { Tensor } from "../core/tensor.ts";
import type { Variable } from "../core/variable.ts";
import { gradients } from "./gradients.ts";

/**
 * The gradient of a scalar function of tensors, as a function of the same arguments.
 *
 * @param wrt the arguments' positions; with a single number (default 0) the result is one tensor, else an array.
 */
export function grad(fn: (...args: Tensor[]) => Tensor): (...args: Tensor[]) => Tensor;
export function grad(fn: (...args: Tensor[]) => Tensor, wrt: number): (...args: Tensor[]) => Tensor;
export function grad(
  fn: (...args: Tensor[]) => Tensor,
  wrt: readonly number[],
): (...args: Tensor[]) => Tensor[];
export function grad(
  fn: (...args: Tensor[]) => Tensor,
  wrt: number | readonly number[] = 0,
): (...args: Tensor[]) => Tensor | Tensor[] {
  return (...args) => {
    const positions = typeof wrt === "number" ? [wrt] : wrt;
    const targets = positions.map((position) => {
      const target = args[position];
      if (!target) throw new ArgumentError(`grad: there is no argument ${position}`);
      return target;
    });
    const found = gradients(fn(...args), targets);
    return typeof wrt === "number" ? found[0]! : found;
  };
}

export type Gradients = ReadonlyMap<Variable, Tensor>;

export interface ValueAndGradients<R extends Tensor | readonly [Tensor, ...unknown[]]> {
  readonly value: R;
  readonly grads: Gradients;
}

/**
 * Evaluates a scalar loss and its gradient with respect to variables.
 *
 * @param fn returns the loss, or an array whose first element is the loss and whose others are passed through.
 * @param variables frozen ones (`trainable: false`) are left out of the result.
 */
export function valueAndGrad<R extends Tensor | readonly [Tensor, ...unknown[]]>(
  fn: () => R,
  variables: Iterable<Variable>,
): ValueAndGradients<R> {
  const list = [...new Set(variables)].filter((variable) =>
    guarded(variable, "trainable", () => variable.trainable),
  );
  const before = list.map((variable) => variable.value);
  const value = fn();
  const loss = value instanceof Tensor ? value : (value as readonly [Tensor, ...unknown[]])[0];
  const found = gradients(loss, before);
  return { value, grads: new Map(list.map((variable, i) => [variable, found[i]!])) };
}
