import type { Index, LoopVariable } from "./index-expr.ts";
import { allIndices, cutLoop, type LoopNest } from "./merge-loops.ts";

/** Above this a remainder is left to be computed. */
const largestInner = 8;

/**
 * Splits loops that are only looked at through quotient and remainder of one number.
 *
 * Where an element's position matters as (i / s, i mod s), as in the gradient of a pooling or in nearest-neighbour
 * resizing, two loops i = s · outer + inner make all positions linear. The short loop comes first, so that the long one
 * can be done several steps at once.
 */
export function splitLoops(nest: LoopNest): LoopNest {
  let result = nest;
  for (const loop of nest.loops) {
    const by = divisorOf(loop, allIndices(result.expr));
    if (by === undefined) continue;
    result = cutLoop(result, loop, by, (outer, inner) => [inner, outer]);
  }
  return result;
}

/** The one number by which positions divide a loop variable, if splitting removes all these divisions. */
function divisorOf(loop: LoopVariable, indices: readonly Index[]): number | undefined {
  let by: number | undefined;
  let possible = true;
  const visit = (index: Index): void => {
    for (const { atom } of index.terms) {
      if (atom.kind === "dynamic" && atom.value.loops.has(loop)) possible = false;
      if (atom.kind !== "quotient" && atom.kind !== "remainder") continue;
      visit(atom.of);
      const own = atom.of.terms.find((term) => term.atom === loop);
      if (!own) continue;
      const others = atom.of.terms.every((term) => term === own || term.factor % atom.by === 0);
      if (own.factor !== 1 || !others || atom.of.constant % atom.by !== 0 || (by ?? atom.by) !== atom.by)
        possible = false;
      by = atom.by;
    }
  };
  for (const index of indices) visit(index);
  return possible && by !== undefined && by <= largestInner && loop.extent % by === 0 ? by : undefined;
}
