import type { GraphOutput } from "../core/graph.ts";
import { type Buffer, load, readsOf, walk, written } from "./expr.ts";
import { type Index, loopVariable, variable } from "./index-expr.ts";
import { type Kernel, type KernelGraph, nestsOf } from "./kernel.ts";
import { allIndices } from "./merge-loops.ts";

/** Kernels that may run at the same time; between phases all threads wait for each other. */
export type Phase = readonly Kernel[];

export interface Schedule {
  /** What is computed ahead, again only when a variable that it reads has changed. */
  readonly prepare: readonly Phase[];
  readonly phases: readonly Phase[];
  /** For each output, the buffer that holds it at the end. */
  readonly outputs: readonly Buffer[];
  /**
   * The first phase that writes over an input. All kernels that may meet a bad index come before it, so a run that fails
   * can stop there and leaves every variable as it was.
   */
  readonly commit: number;
}

/** How far ahead in program order a phase looks for work: farther would keep more values alive for longer. */
const lookAhead = 64;

/**
 * Orders kernels into phases.
 *
 * An output that replaces an input (a variable's new content) may be written straight over it if everybody else has
 * read the old content by then, nothing can fail any more, and the kernel that writes reads only what it is about to
 * write. Otherwise it is written elsewhere and copied at the end.
 */
export function schedule(graph: KernelGraph, outputs: readonly GraphOutput[]): Schedule {
  const tables: Tables = new Map(graph.constants.map(({ buffer, values }) => [buffer, values]));
  const { ahead, kernels } = splitAhead(graph, tables);
  const buffers = [...graph.outputs];
  const position = new Map(kernels.map((kernel, i) => [kernel.output.id, i]));
  const after = dependencies(kernels);
  const fallible = kernels.map((_, k) => k).filter((k) => mayFail(kernels[k]!, tables));
  const writers = new Set<number>();
  const copies: Kernel[] = [];
  outputs.forEach(({ replaces }, i) => {
    if (replaces === undefined) return;
    const writer = position.get(buffers[i]!.id)!;
    const old = graph.inputs[replaces]!;
    const readers = kernels.map((_, k) => k).filter((k) => k !== writer && kernels[k]!.reads.includes(old));
    const before = [...readers, ...fallible];
    if (overwritesSafely(kernels[writer]!, old) && !before.some((k) => comesAfter(k, writer, after))) {
      for (const k of before) after[writer]!.add(k);
      writers.add(kernels[writer]!.output.id);
    } else {
      const copy = copyOf(kernels[writer]!, buffers[i]!);
      copies.push(copy);
      buffers[i] = copy.output;
    }
  });
  const phases = inPhases(kernels, after);
  const first = phases.findIndex((phase) => phase.some((kernel) => writers.has(kernel.output.id)));
  const commit = first < 0 ? phases.length : first;
  if (copies.length > 0) phases.push(copies);
  return { prepare: inPhases(ahead, dependencies(ahead)), phases, outputs: buffers, commit };
}

/** For each kernel, those whose output it reads. */
function dependencies(kernels: readonly Kernel[]): Set<number>[] {
  const position = new Map(kernels.map((kernel, i) => [kernel.output.id, i]));
  return kernels.map(
    ({ reads }) =>
      new Set(
        reads
          .flatMap(written)
          .map((buffer) => position.get(buffer.id))
          .filter((i) => i !== undefined),
      ),
  );
}

/** Takes out what needs to be computed only when a variable has changed. */
function splitAhead(graph: KernelGraph, tables: Tables): { ahead: Kernel[]; kernels: Kernel[] } {
  const later = new Set(graph.outputs);
  const ahead: Kernel[] = [];
  const kernels: Kernel[] = [];
  for (const kernel of graph.kernels) {
    const { stable, reads, output } = kernel;
    if (
      stable &&
      !later.has(output) &&
      !mayFail(kernel, tables) &&
      !reads.flatMap(written).some((buffer) => later.has(buffer))
    ) {
      ahead.push(kernel);
      continue;
    }
    kernels.push(kernel);
    later.add(output);
  }
  return { ahead, kernels };
}

/** The values of buffers that are part of the program. */
type Tables = ReadonlyMap<Buffer, readonly number[]>;

/** Whether a kernel looks up positions that it reads from memory, and that nobody has checked. */
function mayFail({ body }: Kernel, tables: Tables): boolean {
  const indices =
    body.kind === "scatter"
      ? [body.index, ...allIndices(body.value)]
      : nestsOf(body).flatMap(({ expr }) => allIndices(expr));
  return indices.some((index) => mayMiss(index, tables));
}

function mayMiss(index: Index, tables: Tables): boolean {
  return index.terms.some(({ atom }) => {
    if (atom.kind === "loop") return false;
    if (atom.kind !== "dynamic") return mayMiss(atom.of, tables);
    const { value, extent } = atom;
    const positions = value.kind === "load" ? tables.get(value.buffer) : undefined;
    return !positions?.every((position) => position >= 0 && position < extent);
  });
}

/** Whether kernel `k` has to wait for kernel `earlier`, directly or not. */
function comesAfter(k: number, earlier: number, after: readonly ReadonlySet<number>[]): boolean {
  const seen = new Set<number>();
  const stack = [k];
  while (stack.length > 0) {
    const current = stack.pop()!;
    if (current === earlier) return true;
    if (seen.has(current)) continue;
    seen.add(current);
    stack.push(...after[current]!);
  }
  return false;
}

function inPhases(kernels: readonly Kernel[], after: readonly ReadonlySet<number>[]): Phase[] {
  const phaseOf = new Array<number>(kernels.length).fill(Number.POSITIVE_INFINITY);
  let waiting = kernels.map((_, k) => k);
  const phases: Kernel[][] = [];
  while (waiting.length > 0) {
    const number = phases.length;
    const isReady = (k: number): boolean => [...after[k]!].every((earlier) => phaseOf[earlier]! < number);
    const near = waiting.slice(0, lookAhead).filter(isReady);
    const ready = near.length > 0 ? near : waiting.filter(isReady);
    for (const k of ready) phaseOf[k] = number;
    phases.push(ready.map((k) => kernels[k]!));
    waiting = waiting.filter((k) => phaseOf[k] !== number);
  }
  return phases;
}

/** Whether a kernel reads `old` only at the very element that it then writes. */
function overwritesSafely(kernel: Kernel, old: Buffer): boolean {
  const { body } = kernel;
  if (!kernel.reads.includes(old)) return true;
  const nests = nestsOf(body);
  let safe = nests.length > 0;
  for (const { expr, index } of nests) {
    walk(expr, (part) => {
      if (part.kind === "load" && part.buffer === old && part.index.key !== index.key) safe = false;
      if ((part.kind === "reduce" || part.kind === "argreduce") && readsOf(part).has(old)) safe = false;
    });
  }
  return safe;
}

function copyOf(kernel: Kernel, source: Buffer): Kernel {
  const loop = loopVariable(source.length);
  const index = variable(loop);
  const body = { kind: "map" as const, loops: [loop], index, expr: load(source, index) };
  return {
    name: "copy",
    node: kernel.node,
    output: { ...source, id: -2 - source.id },
    reads: [source],
    body,
    stable: false,
    margins: [],
  };
}
