import { trace } from "../../compiler/trace.ts";
import type { DType } from "../../core/dtype.ts";
import { ArgumentError } from "../../core/errors.ts";
import type { Graph } from "../../core/graph.ts";
import type { Shape } from "../../core/shape.ts";
import { Tensor } from "../../core/tensor.ts";
import { leavesOf, type Tree } from "../../core/tree.ts";
import type { Variable } from "../../core/variable.ts";
import { Module } from "../../nn/module.ts";
import { joinPath } from "../../nn/names.ts";
import { withMode } from "../../nn/with-mode.ts";

/** A network: a module, or a function of tensors that gives one, or several in an array or a plain object. */
// biome-ignore lint/suspicious/noExplicitAny: a function of any number of tensors
export type Exportable = Module | ((...inputs: any[]) => Tree);

/** An input of the network: its shape with the batch, or more. */
export type InputSpec = Shape | { readonly shape: Shape; readonly dtype?: DType; readonly name?: string };

export interface NetworkOptions {
  /** Names of the outputs; default those of the object's properties, "output", or "output_0", "output_1", … */
  readonly outputNames?: readonly string[];
  /** For a function: the modules that it uses, by what the paths of their parameters begin with. */
  readonly modules?: Readonly<Record<string, Module>>;
}

export interface NamedInput {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What fills an input of a traced graph. */
export type Leaf =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "weight"; readonly name: string; readonly variable: Variable }
  | { readonly kind: "constant"; readonly name: string; readonly tensor: Tensor };

export interface TracedNetwork {
  readonly graph: Graph;
  /** In the order of the graph's inputs. */
  readonly leaves: readonly Leaf[];
  readonly inputs: readonly NamedInput[];
  readonly outputNames: readonly string[];
}

/** One or several inputs with their names, "input" or "input_0", "input_1", … unless given. */
export function namedInputs(inputs: InputSpec | readonly InputSpec[]): NamedInput[] {
  const list = isOne(inputs) ? [inputs] : inputs;
  return list.map((input, i) => {
    const { shape, dtype = "float32", name } = "shape" in input ? input : { shape: input };
    if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
      throw new ArgumentError(`input ${i}: [${shape.join(", ")}] is no shape`);
    }
    return { shape, dtype, name: name ?? (list.length === 1 ? "input" : `input_${i}`) };
  });
}

function isOne(inputs: InputSpec | readonly InputSpec[]): inputs is InputSpec {
  return !Array.isArray(inputs) || typeof inputs[0] === "number";
}

/** Runs the network once on placeholders, in evaluation mode; modules have their own modes again afterwards. */
export async function traceNetwork(
  network: Exportable,
  inputs: readonly NamedInput[],
  options: NetworkOptions,
): Promise<TracedNetwork> {
  const modules = network instanceof Module ? { "": network } : (options.modules ?? {});
  const run = (...tensors: Tensor[]): Tree =>
    network instanceof Module
      ? (network.forward as (...all: Tensor[]) => Tensor)(...tensors)
      : network(...tensors);
  const placeholders = inputs.map((input) => Tensor.input(input));
  const traced = await inEvaluationMode(Object.values(modules), async () =>
    trace(placeholders, () => run(...placeholders), leavesOf),
  );
  const paths = pathsIn(modules);
  const { graph, bindings, written } = traced;
  if (graph.nodes.some(({ op }) => op === "randomBits")) {
    throw new ArgumentError(
      "the network draws random numbers, which cannot be exported: they would be other ones in another runtime",
    );
  }
  if (written.length > 0) {
    const names = written.map((variable) => paths.get(variable) ?? "a variable outside its modules");
    throw new ArgumentError(`the network assigns ${names.join(", ")}: only functions can be exported`);
  }
  const counts = { weight: 0, constant: 0 };
  const leaves = bindings.map((binding): Leaf => {
    if (binding.kind === "argument") return { kind: "input", name: inputs[binding.index]!.name };
    if (binding.kind === "constant") {
      return { kind: "constant", name: `constant_${counts.constant++}`, tensor: binding.tensor };
    }
    const { variable } = binding;
    return { kind: "weight", name: paths.get(variable) ?? `variable_${counts.weight++}`, variable };
  });
  return { graph, leaves, inputs, outputNames: outputNames(traced.result, options.outputNames) };
}

async function inEvaluationMode<R>(modules: readonly Module[], body: () => Promise<R>): Promise<R> {
  const [first, ...rest] = modules;
  return first ? withMode(first, false, () => inEvaluationMode(rest, body)) : body();
}

function pathsIn(modules: Readonly<Record<string, Module>>): Map<Variable, string> {
  const paths = new Map<Variable, string>();
  for (const [prefix, module] of Object.entries(modules)) {
    for (const [path, variable] of [...module.namedParameters(), ...module.namedBuffers()]) {
      if (!paths.has(variable)) paths.set(variable, prefix === "" ? path : joinPath(prefix, path));
    }
  }
  return paths;
}

function outputNames(result: Tree, given: readonly string[] | undefined): readonly string[] {
  const { length } = leavesOf(result);
  if (length === 0) throw new ArgumentError("the network gives no tensor");
  if (given) {
    if (given.length === length) return given;
    throw new ArgumentError(`outputNames has ${given.length} names for ${length} outputs`);
  }
  if (result instanceof Tensor) return ["output"];
  const named = Array.isArray(result) ? [] : Object.entries(result as Record<string, unknown>);
  if (named.length === length && named.every(([, value]) => value instanceof Tensor)) {
    return named.map(([name]) => name);
  }
  return Array.from({ length }, (_, i) => `output_${i}`);
}
