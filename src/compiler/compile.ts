import type { Backend, Program } from "../core/backend.ts";
import { guardsHold } from "../core/guard.ts";
import { Tensor } from "../core/tensor.ts";
import { leavesOf, mapTree, treeKey } from "../core/tree.ts";
import { pendingVariables } from "../core/variable.ts";
import { currentBackend, evaluateNow, inTurn, programFor, runTraced } from "./runtime.ts";
import { type Binding, type Trace, trace } from "./trace.ts";

export interface Compiled<Args extends readonly unknown[], R> {
  (...args: Args): Promise<R>;
  /** The program for arguments like these, compiled if it is not yet: for inspection. */
  program(...args: Args): Promise<Program>;
}

interface Entry<R> {
  readonly trace: Trace<R>;
  readonly backend: Backend;
  /** Made at the first call, so that later ones need not look it up by the graph's structure. */
  program?: Promise<Program>;
}

/** How many combinations of argument shapes a compiled function remembers. */
const signatureLimit = 256;

/**
 * Turns a function of tensors into one program.
 *
 * The function runs once for each combination of argument shapes, types and other arguments, on placeholders; what it
 * computes, and the variables that it reads and assigns, become a program that later calls run without it. Layers'
 * modes (`train()`, `eval()`, `freeze()`) are noticed; any other JavaScript value that it uses is taken as it was at
 * the first call. Arguments and results may be tensors in arrays and plain objects; results have their values.
 */
export function compile<Args extends readonly unknown[], R>(
  fn: (...args: Args) => R,
  options: { backend?: Backend } = {},
): Compiled<Args, R> {
  const entries = new Map<string, Entry<R>[]>();

  const entryFor = (args: Args): Entry<R> => {
    const key = treeKey(args);
    const backend = options.backend ?? currentBackend();
    const list = entries.get(key) ?? [];
    entries.set(key, list);
    const known = list.find((entry) => entry.backend === backend && guardsHold(entry.trace.guards));
    if (known) return known;
    const placeholders = leavesOf(args).map((leaf) => Tensor.input(leaf));
    let next = 0;
    const inputs = mapTree(args, () => placeholders[next++]!);
    if (entries.size > signatureLimit) entries.delete(entries.keys().next().value!);
    const entry: Entry<R> = { backend, trace: trace(placeholders, () => fn(...inputs), leavesOf) };
    list.push(entry);
    return entry;
  };

  const programOf = (entry: Entry<R>): Promise<Program> => {
    entry.program ??= programFor(entry.trace.graph, entry.backend);
    return entry.program;
  };

  const call = (...args: Args): Promise<R> =>
    inTurn(async () => {
      const leaves = leavesOf(args);
      const entry = entryFor(args);
      const { trace: traced, backend } = entry;
      const needed = [...leaves, ...contentsOf(traced.bindings)];
      if (pendingVariables.size > 0 || needed.some((tensor) => tensor.source.kind !== "value")) {
        await evaluateNow(needed, backend);
      }
      const program = await programOf(entry);
      const outputs = await runTraced(traced, program, leaves, true);
      let next = 0;
      return mapTree(traced.result, (leaf) => Tensor.value(outputs[next++]!, leaf.shape));
    });

  const program = async (...args: Args): Promise<Program> => programOf(entryFor(args));

  return Object.assign(call, { program });
}

/** The tensors beside the arguments that a traced graph starts from. */
function contentsOf(bindings: readonly Binding[]): Tensor[] {
  return bindings.flatMap((binding) => {
    if (binding.kind === "argument") return [];
    return binding.kind === "variable" ? [binding.variable.content] : [binding.tensor];
  });
}
