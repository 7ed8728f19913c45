import { sameShape } from "../core/shape.ts";
import type { Variable } from "../core/variable.ts";
import type { HostTensor } from "../io/host-tensor.ts";
import type { Module } from "../nn/module.ts";
import { isInside } from "../nn/names.ts";
import { type LoadReport, loadState } from "../nn/state-dict.ts";

export interface LoadWeightsOptions {
  /** Paths of the layers whose size depends on the number of classes (see `ModelEntry.head`). */
  readonly head?: readonly string[];
  /** Whether the tensors come without a head, so that the model's keeps its initial values; false unless told. */
  readonly headless?: boolean;
  /** What the network lacks and a file may have, such as heads that only training uses. */
  readonly ignored?: RegExp;
}

/**
 * Sets a model's variables to published values; layers of the head that are of another size keep their initial ones.
 *
 * @returns the names that kept their values, which are of the head, and those of `tensors` that were not used.
 * @throws StateDictError, with nothing changed, if anything else is missing, left over or of another shape.
 */
export function loadWeights(
  model: Module,
  tensors: ReadonlyMap<string, HostTensor>,
  { head = [], headless = false, ignored }: LoadWeightsOptions = {},
): LoadReport {
  const variables = new Map<string, Variable>([...model.namedParameters(), ...model.namedBuffers()]);
  const otherSize = (name: string, { shape }: Variable): boolean => {
    const tensor = tensors.get(name);
    return tensor === undefined ? headless : !sameShape(shape, tensor.shape);
  };
  const replaced = head.filter((path) =>
    [...variables].some(([name, variable]) => isInside(name, [path]) && otherSize(name, variable)),
  );
  const kept = (name: string): boolean => isInside(name, replaced);
  const unused = (name: string): boolean =>
    kept(name) || (!variables.has(name) && ignored?.test(name) === true);
  loadState(
    [...variables].filter(([name]) => !kept(name)),
    new Map([...tensors].filter(([name]) => !unused(name))),
  );
  return {
    missing: [...variables.keys()].filter(kept),
    unexpected: [...tensors.keys()].filter(unused),
  };
}
