import { guarded } from "../core/guard.ts";
import type { Tensor } from "../core/tensor.ts";
import { Variable } from "../core/variable.ts";
import type { HostTensor } from "../io/host-tensor.ts";
import { interceptForward } from "./forward-calls.ts";
import { camelToSnake, joinPath } from "./names.ts";
import { Parameter } from "./parameter.ts";
import { type LoadOptions, type LoadReport, loadState, readState, type StateDict } from "./state-dict.ts";

/** What a module is made of. */
export type Member = Module | Variable;

/**
 * A part of a network: a function of tensors with parameters, buffers and inner modules.
 *
 * A subclass keeps these in properties (also in arrays and plain objects, but not in `#private` fields, which cannot be
 * found) and writes `forward`; nothing is registered.
 * The name of a part is its property path in PyTorch's spelling, such as `layer1.0.bn1.running_mean`.
 */
export abstract class Module {
  #training = true;

  constructor() {
    interceptForward(this);
  }

  /** Computes the output; more inputs than one are a subclass's choice. */
  abstract forward(x: Tensor, ...others: never[]): Tensor;

  /** The parts that this module holds itself, by name. */
  *members(): Iterable<readonly [name: string, member: Member]> {
    for (const [property, value] of Object.entries(this)) yield* membersIn(camelToSnake(property), value);
  }

  /** What `toString` and summaries call it: its class, unless that says too little. */
  get typeName(): string {
    return this.constructor.name;
  }

  /** The settings that `toString` shows between the parentheses. */
  protected settings(): string {
    return "";
  }

  /** Whether the layer behaves as in training (`train`) or as in use (`eval`). Compiled functions notice a change. */
  get training(): boolean {
    return guarded(this, "training", () => this.#training);
  }

  /** Sets the mode of this module and of all modules in it. */
  train(mode = true): this {
    for (const module of this.namedModules().values()) module.#training = mode;
    return this;
  }

  /** Sets the mode in which dropout is off and batch norm uses its running statistics. */
  eval(): this {
    return this.train(false);
  }

  /** Keeps training from changing the parameters. */
  freeze(): this {
    for (const parameter of this.parameters()) parameter.trainable = false;
    return this;
  }

  unfreeze(): this {
    for (const parameter of this.parameters()) parameter.trainable = true;
    return this;
  }

  /** All learned variables by path; one that stands in two places has its first path. */
  namedParameters(): Map<string, Parameter> {
    return firstNames(this, (member) => member instanceof Parameter);
  }

  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  /** All variables that are not learned, such as running statistics, by path. */
  namedBuffers(): Map<string, Variable> {
    return firstNames(this, (member) => member instanceof Variable && !(member instanceof Parameter));
  }

  /** This module (path "") and all modules in it, by path; one that stands in two places has its first path. */
  namedModules(): Map<string, Module> {
    return new Map([
      ["", this],
      ...firstNames<Module>(this, (member) => member instanceof Module && member !== this),
    ]);
  }

  /** The shortest path from here to a module: "" for this one, undefined for one that is not inside. */
  pathOf(module: Module): string | undefined {
    if (module === this) return "";
    let found: string | undefined;
    for (const [path, member] of allMembers(this)) {
      if (member === module && (found === undefined || path.length < found.length)) found = path;
    }
    return found;
  }

  /** A copy of the values of all parameters and buffers, by path. */
  stateDict(): Promise<StateDict> {
    return readState(firstNames(this, (member) => member instanceof Variable));
  }

  /**
   * Sets all parameters and buffers to the given values.
   *
   * A variable that stands in two places takes its value from either name.
   *
   * @throws StateDictError that names everything that is missing, unexpected (unless `strict` is false) or of another
   * shape; nothing is changed then.
   */
  loadStateDict(state: ReadonlyMap<string, HostTensor>, options?: LoadOptions): LoadReport {
    const variables = [...allMembers(this)].filter((entry) => entry[1] instanceof Variable);
    return loadState(variables as [string, Variable][], state, options);
  }

  toString(): string {
    return this.#describe([]);
  }

  #describe(around: readonly Module[]): string {
    const name = this.typeName;
    const settings = this.settings();
    const inside = settings === "" ? [] : [settings];
    for (const [part, member] of this.members()) {
      if (!(member instanceof Module) || member === this || around.includes(member)) continue;
      inside.push(`(${part}): ${member.#describe([...around, this])}`.replaceAll("\n", "\n  "));
    }
    return inside.length === (settings === "" ? 0 : 1)
      ? `${name}(${settings})`
      : `${name}(\n  ${inside.join("\n  ")}\n)`;
  }
}

function* membersIn(name: string, value: unknown): Iterable<readonly [string, Member]> {
  if (value instanceof Variable || value instanceof Module) yield [name, value];
  else if (Array.isArray(value) || isRecord(value)) {
    for (const [key, item] of Object.entries(value))
      yield* membersIn(joinPath(name, camelToSnake(key)), item);
  }
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Every part under every path that leads to it; a module that holds one of those around it is not entered again. */
function* allMembers(
  module: Module,
  path = "",
  around: readonly Module[] = [],
): Iterable<readonly [path: string, member: Member]> {
  for (const [name, member] of module.members()) {
    const inner = joinPath(path, name);
    yield [inner, member];
    if (member instanceof Module && member !== module && !around.includes(member)) {
      yield* allMembers(member, inner, [...around, module]);
    }
  }
}

function firstNames<M extends Member>(module: Module, wanted: (member: Member) => boolean): Map<string, M> {
  const seen = new Set<Member>();
  const named = new Map<string, M>();
  for (const [path, member] of allMembers(module)) {
    if (!wanted(member) || seen.has(member)) continue;
    seen.add(member);
    named.set(path, member as M);
  }
  return named;
}
