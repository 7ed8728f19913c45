import { countElements, type HostTensor } from "../../io/host-tensor.ts";
import { BatchNorm } from "../../nn/batch-norm.ts";
import type { Module } from "../../nn/module.ts";
import type { TimmArchitecture } from "./architectures.ts";
import { renamed } from "./rename.ts";

/**
 * timm's tensors under our names and in our shapes; those that no variable has a use for keep theirs.
 *
 * @param names the model's variables with their shapes.
 */
export function fromTimm(
  tensors: ReadonlyMap<string, HostTensor>,
  names: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  { rules, reshaped }: TimmArchitecture,
): Map<string, HostTensor> {
  const left = new Map(tensors);
  const result = new Map<string, HostTensor>();
  for (const [name, { shape }] of names) {
    const timm = renamed(name, rules);
    const tensor = left.get(timm);
    if (tensor === undefined) continue;
    left.delete(timm);
    const fits = reshaped?.test(name) && countElements(shape) === countElements(tensor.shape);
    result.set(name, fits ? { ...tensor, shape } : tensor);
  }
  for (const [name, tensor] of left) result.set(name, tensor);
  return result;
}

/** Sets what all batch norms add to the variance: published weights belong to one value. */
export function setBatchNormEps(model: Module, eps: number): void {
  for (const module of model.namedModules().values()) {
    if (module instanceof BatchNorm) Object.assign(module, { options: { ...module.options, eps } });
  }
}
