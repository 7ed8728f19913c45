import type { OpUse } from "../interpret-graph.ts";
import { type Along, type Grid, leastCommonMultiple, type Mask, mixed, worse } from "./shift-state.ts";

/**
 * Parts put one after the other along the direction of the shift.
 *
 * Slices of one tensor that go on where the last one ended, on a circle if the image is one, are its own elements
 * again: this is circular padding. Any other part is border.
 */
export function concatAlong(
  use: OpUse<Along>,
  { circular, extent }: { readonly circular: boolean; readonly extent: number },
): Along {
  const bad = use.states.find((state) => state?.kind === "mixed");
  if (bad) return bad;
  const axis: number = use.attrs.axis;
  const sizes = use.inputs.map((input) => input.shape[axis]!);
  const begins = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const grids = use.states.map((state) => (state?.kind === "grid" ? state : undefined));
  if (
    use.states.some((state) => state?.kind === "pooled") ||
    grids.some((grid) => grid && grid.axis !== axis)
  ) {
    return mixed("concat puts positions beside something else");
  }
  const largest = sizes.indexOf(Math.max(...sizes.filter((_, i) => grids[i])));
  const main = grids[largest]!;
  const start = main.base - begins[largest]!;
  const period = circular ? extent / Math.abs(main.step) : Number.NaN;
  const goesOn = (grid: Grid, begin: number): boolean => {
    const off = grid.base - begin - start;
    const round = Number.isInteger(period) ? off % period : off;
    return grid.origin === main.origin && grid.step === main.step && round === 0;
  };
  const fits = grids.map((grid, i) => grid !== undefined && goesOn(grid, begins[i]!));
  const join = (which: 0 | 1): Mask =>
    Uint8Array.from(
      grids.flatMap((grid, i) => (fits[i] ? [...grid!.clean[which]] : new Array(sizes[i]).fill(0))),
    );
  const used = grids.filter((_, i) => fits[i]) as Grid[];
  return {
    ...main,
    base: start,
    clean: [join(0), join(1)],
    lattice: used.reduce((all, grid) => leastCommonMultiple(all, grid.lattice), 1),
    grade: used.reduce((all, grid) => worse(all, grid.grade), main.grade),
  };
}
