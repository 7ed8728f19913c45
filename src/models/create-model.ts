import type { HubOptions } from "../io/hub/hub-options.ts";
import type { Module } from "../nn/module.ts";
import { loadPretrained } from "./load-pretrained.ts";
import type { ModelOptions } from "./model-entry.ts";
import { requireEntry } from "./registry.ts";

export interface CreatePretrainedOptions extends ModelOptions, HubOptions {
  /** `true` for the registry's weights, or a source that {@link loadPretrained} takes. */
  readonly pretrained: true | string;
}

/**
 * Makes a network by its name: at once with initial values drawn from the seed, or, when asked for published weights,
 * as soon as these are there.
 *
 * With published weights and another `numClasses` than theirs, the head keeps its initial values. Either way the network
 * is in training mode, as every new module.
 *
 * @throws ArgumentError if there is no network of this name, or there are no weights for it; what `loadPretrained` throws.
 */
export function createModel(name: string, options: CreatePretrainedOptions): Promise<Module>;
export function createModel(name: string, options?: ModelOptions & { readonly pretrained?: false }): Module;
export function createModel(
  name: string,
  options: ModelOptions & { readonly pretrained?: boolean | string } = {},
): Module | Promise<Module> {
  const { pretrained = false, ...others } = options;
  if (pretrained === false) return requireEntry(name).create(others);
  return createPretrained(name, pretrained, others);
}

async function createPretrained(
  name: string,
  pretrained: true | string,
  options: ModelOptions & HubOptions,
): Promise<Module> {
  requireEntry(name);
  const source = pretrained === true ? name : pretrained;
  const { model } = await loadPretrained(source, { ...options, architecture: name });
  return model.train();
}
