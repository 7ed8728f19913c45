import type { Shape } from "../core/shape.ts";
import { createModel, listModels } from "../models/registry.ts";
import type { Module } from "../nn/module.ts";
import { suggestion } from "./nearest.ts";
import { integer, listed, type Option, type OptionsFor } from "./option.ts";
import { UsageError } from "./usage-error.ts";

interface ModelValues {
  readonly input: Shape | undefined;
  readonly classes: number;
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
  classes: integer("outputs of the last layer", { initial: 10, least: 1, most: 1e6 }),
};

/** A sentence with the names that there are. */
export function modelNames(): string {
  return `The networks are ${listed(listModels().map(({ name }) => name)).replace(" or ", " and ")}.`;
}

export function isModelName(name: string): boolean {
  return listModels().some((each) => each.name === name);
}

/** @param or what else the operand may be. */
export function unknownModel(operand: string, name: string, or?: string): UsageError {
  const names = listModels().map((each) => each.name);
  const possible = or === undefined ? names : [...names, or];
  return new UsageError(`${operand} must be ${listed(possible)}, but is "${name}"${suggestion(name, names)}`);
}

/** A new network, and the shape of the images that it takes. @throws UsageError for an unknown name. */
export function makeNamedModel(
  name: string,
  { input, classes }: ModelValues,
): { model: Module; input: Shape } {
  const entry = listModels().find((each) => each.name === name);
  if (!entry) throw unknownModel("MODEL", name);
  const shape = input ?? entry.inputShape;
  return { model: createModel(name, { numClasses: classes, inChannels: shape[0]! }), input: shape };
}
