import type { Backend, Program } from "../core/backend.ts";
import { ArgumentError } from "../core/errors.ts";
import { type Graph, graphKey } from "../core/graph.ts";
import type { Storage } from "../core/storage.ts";
import { setEvaluator, type Tensor } from "../core/tensor.ts";
import { pendingVariables } from "../core/variable.ts";
import { type Binding, buildGraph, type TracedGraph } from "./trace.ts";

let chosen: Backend | undefined;
let standard: Backend | undefined;
const programs = new WeakMap<Backend, Map<string, Promise<Program>>>();
const programLimit = 256;

/** Chooses the backend for everything that is computed from now on. */
export function setBackend(backend: Backend): void {
  chosen = backend;
}

/** Says what is used unless {@link setBackend} is called. */
export function setDefaultBackend(backend: Backend): void {
  standard = backend;
}

export function currentBackend(): Backend {
  const backend = chosen ?? standard;
  if (!backend) throw new ArgumentError("no backend is set: import fovea, or call setBackend");
  return backend;
}

/** The program for a graph: compiled at the first call, then found by the graph's structure. */
export function programFor(graph: Graph, backend: Backend = currentBackend()): Promise<Program> {
  const cache = programs.get(backend) ?? new Map<string, Promise<Program>>();
  programs.set(backend, cache);
  const key = graphKey(graph);
  const known = cache.get(key);
  if (known) {
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  const program = Promise.resolve().then(() => backend.compile(graph));
  cache.set(key, program);
  program.catch(() => cache.delete(key));
  if (cache.size > programLimit) cache.delete(cache.keys().next().value!);
  return program;
}

/**
 * Runs a traced graph: fills its inputs, and gives the written variables their new contents.
 *
 * @param lasting whether the same graph is likely to run again with the same variables and constants.
 */
export async function runTraced(
  { bindings, written }: TracedGraph,
  program: Program,
  args: readonly Tensor[],
  lasting: boolean,
): Promise<Storage[]> {
  for (const variable of written) variable.release();
  const inputs = bindings.map((binding) => ({
    storage: storageOf(binding, args),
    donated: binding.kind === "variable" && binding.variable.exclusive,
    lasting: lasting && binding.kind !== "argument",
  }));
  const outputs = await program.run(inputs);
  const results = outputs.length - written.length;
  written.forEach((variable, i) => {
    variable.adopt(outputs[results + i]!);
  });
  return outputs.slice(0, results);
}

function storageOf(binding: Binding, args: readonly Tensor[]): Storage {
  const tensor = tensorOf(binding, args);
  if (tensor.source.kind !== "value")
    throw new ArgumentError("a program was run on a tensor without a value");
  return tensor.source.storage;
}

function tensorOf(binding: Binding, args: readonly Tensor[]): Tensor {
  if (binding.kind === "constant") return binding.tensor;
  return binding.kind === "argument" ? args[binding.index]! : binding.variable.content;
}

let queue: Promise<unknown> = Promise.resolve();

/** Work on variables happens one piece after the other, in the order in which it was asked for. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = queue.then(work);
  queue = result.catch(() => undefined);
  return result;
}

/** Computes tensors, and all variables whose content is still a promise, in one program. */
export function evaluate(tensors: readonly Tensor[], backend?: Backend): Promise<void> {
  return inTurn(() => evaluateNow(tensors, backend));
}

export async function evaluateNow(
  tensors: readonly Tensor[],
  backend: Backend = currentBackend(),
): Promise<void> {
  const wanted = tensors.filter((tensor) => tensor.source.kind !== "value");
  const pending = [...pendingVariables];
  try {
    await computeTogether([...wanted, ...pending.map((variable) => variable.content)], backend);
  } catch (error) {
    if (pending.length === 0) throw error;
    // One value cannot be computed: whoever asks for it gets the error, and nobody else.
    for (const variable of pending) {
      await computeTogether([variable.content], backend).catch(() => pendingVariables.delete(variable));
    }
    await computeTogether(wanted, backend);
  }
  for (const variable of pending) {
    if (variable.content.source.kind === "value") pendingVariables.delete(variable);
  }
}

async function computeTogether(tensors: readonly Tensor[], backend: Backend): Promise<void> {
  const missing = [...new Set(tensors)].filter((tensor) => tensor.source.kind !== "value");
  if (missing.length === 0) return;
  const traced = buildGraph(missing, []);
  const program = await programFor(traced.graph, backend);
  const outputs = await runTraced(traced, program, [], false);
  missing.forEach((tensor, i) => {
    tensor.settle(outputs[i]!);
  });
}

setEvaluator((tensors) => evaluate(tensors));
