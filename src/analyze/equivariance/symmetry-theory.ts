import type { Tensor } from "../../core/tensor.ts";
import { dihedralGroup, elementMatrix, type GroupElement } from "../../equivariant/group.ts";
import { elementwiseOps, Interpreter, type OpUse, type Rule } from "../interpret-graph.ts";
import { type Grade, worse } from "./shift-state.ts";
import {
  axisAfterReshape,
  filtersAreSymmetric,
  type Symmetry,
  windowsAreSymmetric,
} from "./symmetric-windows.ts";
import { isUniform } from "./uniform.ts";

/** What a symmetry of the square grid does to a tensor made from the image. */
export type Symmetric =
  | {
      readonly kind: "grid";
      readonly axes: readonly [y: number, x: number];
      readonly grade: Grade;
      /** Why y(g x) is not g y(x), if it is not. */
      readonly broken: string | undefined;
    }
  /** Both directions were pooled away. */
  | { readonly kind: "pooled"; readonly grade: Grade; readonly broken: string | undefined }
  | { readonly kind: "mixed"; readonly reason: string };

type Grid = Extract<Symmetric, { kind: "grid" }>;

/** What a symmetry of the square grid (an element of D4) does to the tensors computed from images [N, C, H, W]. */
export function symmetryTheory(
  images: Tensor,
  element: GroupElement,
): (tensor: Tensor) => Symmetric | undefined {
  const [a, b, c, d] = elementMatrix(dihedralGroup(4), element);
  const swapped = a === 0;
  // Rows grow downwards, against y: a swap without reversals, the transposition, has b = c = −1.
  const symmetry: Symmetry = swapped
    ? { swapped, flipY: b > 0, flipX: c > 0 }
    : { swapped, flipY: d < 0, flipX: a < 0 };
  const state: Symmetric = { kind: "grid", axes: [2, 3], grade: "bits", broken: undefined };
  const interpreter = new Interpreter<Symmetric>(images, state, symmetryRules(symmetry), otherwise);
  return (tensor) => interpreter.of(tensor);
}

function symmetryRules(symmetry: Symmetry): Readonly<Record<string, Rule<Symmetric>>> {
  const windows = (grade: Grade): Rule<Symmetric> =>
    onGrid((grid, use) => {
      const rank = use.attrs.kernel.length;
      const first = use.output.rank - rank;
      if (grid.axes.some((axis) => axis < first))
        return grid.axes.every((axis) => axis < first) ? grid : lost(use);
      const reason = windowsAreSymmetric(
        symmetry,
        use.attrs,
        grid.axes,
        first,
        use.inputs[0]!.shape,
        use.output.shape,
      );
      return { ...grid, grade: worse(grid.grade, grade), broken: grid.broken ?? reason };
    });
  const reduction = (grade: Grade): Rule<Symmetric> =>
    onGrid((grid, use) => {
      const away = grid.axes.filter((axis) => use.attrs.axes.includes(axis));
      if (away.length === 1) return { kind: "mixed", reason: `${use.op} adds up over one direction alone` };
      return away.length === 0
        ? grid
        : { kind: "pooled", grade: worse(grid.grade, grade), broken: grid.broken };
    });
  return {
    ...Object.fromEntries([...elementwiseOps, "gather", "matmul"].map((op) => [op, combine])),
    barrier: (use) => use.states[0] ?? use.states[1]!,
    conv: onGrid((grid, use) => {
      if (grid.axes[0] < 2 || grid.axes[1] < 2) return lost(use);
      const filters = use.inputs[1]!;
      const settings = { ...use.attrs, kernel: filters.shape.slice(2) };
      const reason =
        filtersAreSymmetric(symmetry, filters) ??
        windowsAreSymmetric(symmetry, settings, grid.axes, 2, use.inputs[0]!.shape, use.output.shape);
      const single = settings.kernel.every((extent: number) => extent === 1);
      return {
        ...grid,
        grade: single ? grid.grade : worse(grid.grade, "rounding"),
        broken: grid.broken ?? reason,
      };
    }),
    maxPool: windows("bits"),
    avgPool: windows("rounding"),
    window: (use) => lost(use),
    sum: reduction("rounding"),
    max: reduction("bits"),
    min: reduction("bits"),
    linear: onGrid((grid, use) => (grid.axes.includes(use.output.rank - 1) ? lost(use) : grid)),
    groupNorm: onGrid((grid) => ({ ...grid, grade: worse(grid.grade, "rounding") })),
    permute: onGrid((grid, { attrs }) => ({
      ...grid,
      axes: [attrs.order.indexOf(grid.axes[0]), attrs.order.indexOf(grid.axes[1])],
    })),
    expand: onGrid((grid, { inputs, output }) => {
      const more = output.rank - inputs[0]!.rank;
      return { ...grid, axes: [grid.axes[0] + more, grid.axes[1] + more] };
    }),
    reshape: onGrid((grid, use) => {
      const [from, to] = [use.inputs[0]!.shape, use.output.shape];
      const y = axisAfterReshape(grid.axes[0], from, to);
      const x = axisAfterReshape(grid.axes[1], from, to);
      if (y !== undefined && x !== undefined) return { ...grid, axes: [y, x] };
      const single = from[grid.axes[0]] === 1 && from[grid.axes[1]] === 1;
      return single ? { kind: "pooled", grade: grid.grade, broken: grid.broken } : lost(use);
    }),
    slice: onGrid((grid, use) => {
      const { start, size, step } = use.attrs as Record<"start" | "size" | "step", readonly number[]>;
      const shape = use.inputs[0]!.shape;
      const centred = grid.axes.every((axis) => {
        const last = start[axis]! + (size[axis]! - 1) * step[axis]!;
        return step[axis]! > 0 && start[axis] === shape[axis]! - 1 - last;
      });
      return centred ? grid : { ...grid, broken: grid.broken ?? "a slice is not centred" };
    }),
    pad: onGrid((grid, { attrs }) => {
      const even = grid.axes.every((axis) => attrs.low[axis] === attrs.high[axis]);
      return even ? grid : { ...grid, broken: grid.broken ?? "padding differs between sides" };
    }),
    concat: (use) => {
      const along = use.states.some((state) => state?.kind === "grid" && state.axes.includes(use.attrs.axis));
      return along ? lost(use) : combine(use);
    },
  };
}

/** A rule for an op with one operand on the grid, the first. */
function onGrid(rule: (grid: Grid, use: OpUse<Symmetric>) => Symmetric): Rule<Symmetric> {
  return (use) => {
    const [first, ...others] = use.states;
    if (others.some((state) => state !== undefined)) return lost(use);
    return first!.kind === "grid" ? rule(first as Grid, use) : first!;
  };
}

const combine: Rule<Symmetric> = (use) => {
  const known = use.states.filter((state) => state !== undefined);
  const bad = known.find((state) => state.kind === "mixed");
  if (bad) return bad;
  const kept = known as Exclude<Symmetric, { kind: "mixed" }>[];
  const grade = kept.map((state) => state.grade).reduce(worse);
  const broken = kept.find((state) => state.broken !== undefined)?.broken;
  const grids = kept.filter((state) => state.kind === "grid");
  const [first] = grids;
  if (!first) return { kind: "pooled", grade, broken };
  if (grids.some(({ axes }) => axes[0] !== first.axes[0] || axes[1] !== first.axes[1])) return lost(use);
  const varying = use.states.some(
    (state, i) =>
      state === undefined &&
      first.axes.some((axis) => axis < use.inputs[i]!.rank && !isUniform(use.inputs[i]!, axis)),
  );
  return { ...first, grade, broken: broken ?? (varying ? `${use.op} depends on the position` : undefined) };
};

/** A use that leaves no grid behind. */
function lost({ op, states }: OpUse<Symmetric>): Symmetric {
  const bad = states.find((state) => state?.kind === "mixed");
  return bad ?? { kind: "mixed", reason: `${op} joins positions with something else` };
}

const otherwise: Rule<Symmetric> = (use) =>
  use.states.every((state) => state === undefined || state.kind === "pooled") ? combine(use) : lost(use);
