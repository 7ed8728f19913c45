import { Module } from "../nn/module.ts";

/** A layer that has an ordinary one with the same output in evaluation. */
type Expandable = Module & { toPlain(): Module };

/**
 * Turns a network of group convolutions into an ordinary one with the same outputs in evaluation, and returns it: each
 * layer with a method `toPlain` becomes what that gives (a `GroupConv2d` or `SteerableConv2d` a `Conv2d` with the filters
 * of all elements, a `GroupBatchNorm2d` a `BatchNorm2d`).
 *
 * The network itself is changed (its own class and layers stay, with ordinary layers under the same names), so that its
 * state is what any other framework loads. Training it would no longer keep the symmetry.
 */
export function exportPlain(model: Module): Module {
  const made = new Map<Expandable, Module>();
  const plainOf = (layer: Expandable): Module => {
    const known = made.get(layer) ?? layer.toPlain().train(layer.training);
    made.set(layer, known);
    return known;
  };
  if (isExpandable(model)) return plainOf(model);
  for (const module of [...model.namedModules().values()]) replaceIn(module, plainOf);
  return model;
}

/** Whether there is a layer that {@link exportPlain} would replace. */
export function isEquivariant(model: Module): boolean {
  return [...model.namedModules().values()].some(isExpandable);
}

function isExpandable(value: unknown): value is Expandable {
  return value instanceof Module && "toPlain" in value && typeof value.toPlain === "function";
}

/** Replaces layers where a module can keep them: in its properties, and in arrays and plain objects there. */
function replaceIn(holder: object, plainOf: (layer: Expandable) => Module): void {
  for (const [key, value] of Object.entries(holder)) {
    if (isExpandable(value)) Object.assign(holder, { [key]: plainOf(value) });
    else if (isCollection(value)) replaceIn(value, plainOf);
  }
}

function isCollection(value: unknown): value is object {
  if (typeof value !== "object" || value === null || value instanceof Module) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
