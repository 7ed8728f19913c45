import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { GroupElement } from "../../equivariant/group.ts";
import type { Resampling } from "./resampling.ts";
import { type Along, type Grade, type Mask, worse } from "./shift-state.ts";
import { type ShiftedTensor, shiftTheory } from "./shift-theory.ts";
import { type Symmetric, symmetryTheory } from "./symmetry-theory.ts";
import type { Transformation } from "./transformations.ts";
import { type Judge, JudgedGrids, type Judgement, makeVerdict, still, type Verdict } from "./verdict.ts";

/** Judges y(T x) = T y(x) for tensors y computed from images x [N, C, H, W]. */
export function judgeOf(images: Tensor, transformation: Transformation): Judge {
  const grids = new JudgedGrids(images, transformation);
  if (transformation.kind === "shift") {
    const { dy, dx, circular } = transformation;
    const theory = shiftTheory(images, [dy, dx], circular);
    return (tensor) => judgeShift(theory(tensor), tensor.shape, [dy, dx], grids);
  }
  const interpolated = transformation.kind === "rotation";
  const theory = symmetryTheory(images, interpolated ? asSymmetry(grids.image) : transformation.element);
  return (tensor) => judgeSymmetry(theory(tensor), tensor.shape, interpolated, grids);
}

/** A network that respects any angle respects the quarter turn, or the half turn where images are not square. */
function asSymmetry([height, width]: readonly [number, number]): GroupElement {
  return { rotation: height === width ? 1 : 2, reflected: false };
}

function judgeShift(
  state: ShiftedTensor | undefined,
  shape: Shape,
  shift: readonly [number, number],
  grids: JudgedGrids,
): Judgement {
  if (state === undefined) return still(makeVerdict("invariant", "does not depend on the image"));
  const both = [state.y, state.x] as const;
  // A direction without a shift needs no law.
  const moving = both.filter((_, d) => shift[d] !== 0);
  const mixed = moving.find((along) => along.kind === "mixed");
  if (mixed?.kind === "mixed") return grids.broken(mixed.reason, shape);
  const axes = both.map((along) => (along.kind === "grid" ? along.axis : undefined));
  const extents = axes.map((axis) => (axis === undefined ? 1 : shape[axis]!));
  const steps = both.map((along, d) => (along.kind === "grid" ? along.step : grids.image[d]!));
  const moves = both.some((along) => along.kind === "grid");
  const whole = still(makeVerdict("invariant", "")).resampling;
  const resampling = moves ? grids.resampling(extents[0]!, extents[1]!, [steps[0]!, steps[1]!]) : whole;
  const interior = moves ? shiftInterior(both, shift, resampling) : whole.known;
  const verdict = shiftVerdict(both, shift, resampling, interior, moves);
  return { verdict, reason: undefined, moves, axes: [axes[0], axes[1]], resampling, interior };
}

function shiftVerdict(
  both: readonly Along[],
  shift: readonly [number, number],
  { known }: Resampling,
  interior: Mask,
  moves: boolean,
): Verdict {
  const laws = both.map((along) => (along.kind === "mixed" ? { lattice: 1, grade: "bits" as const } : along));
  const shifts = [laws[0]!.lattice, laws[1]!.lattice] as const;
  if (shift.some((by, d) => by % shifts[d]! !== 0)) {
    const by = shifts[0] === shifts[1] ? `${shifts[0]}` : `(${shifts.join(", ")})`;
    return makeVerdict("stride", `only for shifts divisible by ${by}`, { shifts });
  }
  const grade = laws
    .filter((_, d) => shift[d] !== 0)
    .reduce<Grade>((all, law) => worse(all, law.grade), "bits");
  if (grade === "spread") {
    return makeVerdict("approximate", "approximate: border effects are pooled into every position", {
      shifts,
    });
  }
  const rounding = grade === "rounding";
  if (!moves)
    return makeVerdict("invariant", rounding ? "invariant, to rounding" : "invariant", { shifts, rounding });
  if (!interior.includes(1)) return makeVerdict("border", "the border reaches every position", { shifts });
  const everywhere = known.every((is, p) => is === interior[p]);
  const text = `exact${rounding ? " to rounding" : ""}${everywhere ? "" : ", but for the border"}`;
  return makeVerdict("exact", text, { shifts, rounding });
}

/** Positions of which both sides of the law are computed without a border effect. */
function shiftInterior(
  both: readonly Along[],
  shift: readonly [number, number],
  { height, width, taps, from, weights, known }: Resampling,
): Mask {
  const clean = (d: 0 | 1, which: 0 | 1, p: number): boolean => {
    const along = both[d]!;
    return shift[d] === 0 || along.kind !== "grid" || along.clean[which][p] === 1;
  };
  return Uint8Array.from({ length: height * width }, (_, p) => {
    if (!known[p] || !clean(0, 1, Math.floor(p / width)) || !clean(1, 1, p % width)) return 0;
    for (let k = p * taps; k < (p + 1) * taps; k++) {
      if (weights[k] === 0) continue;
      if (!clean(0, 0, Math.floor(from[k]! / width)) || !clean(1, 0, from[k]! % width)) return 0;
    }
    return 1;
  });
}

function judgeSymmetry(
  state: Symmetric | undefined,
  shape: Shape,
  interpolated: boolean,
  grids: JudgedGrids,
): Judgement {
  if (state === undefined) return still(makeVerdict("invariant", "does not depend on the image"));
  if (state.kind === "mixed") return grids.broken(state.reason, shape);
  const verdict = symmetryVerdict(state, interpolated);
  if (state.kind === "pooled") return still(verdict, state.broken);
  const [y, x] = state.axes;
  const resampling = grids.spread(shape[y]!, shape[x]!);
  return { verdict, reason: state.broken, moves: true, axes: [y, x], resampling, interior: resampling.known };
}

function symmetryVerdict(
  { kind, grade, broken }: Exclude<Symmetric, { kind: "mixed" }>,
  interpolated: boolean,
): Verdict {
  if (broken !== undefined)
    return makeVerdict("none", `not ${kind === "grid" ? "equi" : "in"}variant: ${broken}`);
  if (interpolated) return makeVerdict("approximate", "approximate: pixels are interpolated");
  const rounding = grade !== "bits";
  if (kind === "grid") return makeVerdict("exact", rounding ? "exact to rounding" : "exact", { rounding });
  return makeVerdict("invariant", rounding ? "invariant, to rounding" : "invariant", { rounding });
}
