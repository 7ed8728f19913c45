import { suggestion } from "../core/nearest.ts";
import type { Shape } from "../core/shape.ts";
import { createModel } from "../models/create-model.ts";
import type { ModelEntry } from "../models/model-entry.ts";
import { findEntry, listModels } from "../models/registry.ts";
import type { Module } from "../nn/module.ts";
import { integer, type Option, type OptionsFor } from "./option.ts";
import { UsageError } from "./usage-error.ts";

interface ModelValues {
  readonly input: Shape | undefined;
  readonly classes: number | undefined;
}

/** An image's shape as C,H,W. */
const inputOption: Option<Shape | undefined> = {
  placeholder: "C,H,W",
  help: "the shape of one image (default: the network's own)",
  initial: undefined,
  parse: (value, name) => {
    const extents = value.split(",").map((part) => (/^ *[0-9]+ *$/.test(part) ? Number(part) : 0));
    if (extents.length === 3 && extents.every((extent) => extent >= 1 && extent <= 65_536)) return extents;
    throw new UsageError(`${name} must be three positive integers such as 1,28,28, but is "${value}"`);
  },
};

/** Options of every command that makes a network by its name. */
export const modelOptions: OptionsFor<ModelValues> = {
  input: inputOption,
  classes: integer("outputs of the last layer (default: the network's own)", {
    initial: undefined,
    least: 1,
    most: 1e6,
  }),
};

/** For the help of commands that take a network. */
export const whereModelsAre = '"fovea models" lists the networks.';

/**
 * The registry's entry.
 *
 * @param what what an error calls the name.
 * @param kind what the name may be of.
 * @throws UsageError if there is none such.
 */
export function requireModel(name: string, what: string, kind = "the name of a network"): ModelEntry {
  const entry = findEntry(name);
  if (entry) return entry;
  const names = listModels().map((each) => each.name);
  throw new UsageError(`${what} must be ${kind}, but is "${name}"${suggestion(name, names)}`);
}

/** A new network, and the shape of the images that it takes. @throws UsageError for an unknown name. */
export function makeNamedModel(
  name: string,
  { input, classes }: ModelValues,
): { model: Module; input: Shape } {
  const entry = requireModel(name, "MODEL");
  const shape = input ?? entry.inputShape;
  const options = { inChannels: shape[0]!, ...(classes !== undefined && { numClasses: classes }) };
  return { model: createModel(name, options), input: shape };
}
