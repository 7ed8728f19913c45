import { apply, defineOp, type Op, type RefArray } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { slice } from "./movement.ts";

export type InterleaveAttrs = {
  /** For each axis, how many residues its positions fall into; at most its extent. */
  readonly step: readonly number[];
  readonly extent: readonly number[];
};

/** The residues modulo `step` of the positions in each part, parts in order. */
export function residuesOf(step: readonly number[]): number[][] {
  return step.reduce<number[][]>(
    (list, count) => list.flatMap((residue) => Array.from({ length: count }, (_, r) => [...residue, r])),
    [[]],
  );
}

/** How many positions of an axis have a residue. */
export function positionsWith(residue: number, step: number, extent: number): number {
  return Math.ceil((extent - residue) / step);
}

const interleaveOp: Op<InterleaveAttrs> = defineOp<InterleaveAttrs>({
  name: "interleave",
  shape: ([first], { extent }) => ({ shape: extent, dtype: first!.dtype }),
  reference: (parts, { step }, out) => {
    residuesOf(step).forEach((residue, p) => {
      spread(parts[p]!, residue, step, out);
    });
  },
  vjp: ({ gradient, attrs: { step } }) =>
    residuesOf(step).map((residue) =>
      slice(
        gradient,
        step.map((by, axis) => ({ start: residue[axis]!, step: by })),
      ),
    ),
  examples: (draw) => {
    const extent = draw.shape(draw.int(1, 3), 7);
    const step = extent.map((size) => draw.int(1, Math.min(3, size)));
    const inputs = residuesOf(step).map((residue) => ({
      shape: extent.map((size, axis) => positionsWith(residue[axis]!, step[axis]!, size)),
    }));
    return { inputs, attrs: { step, extent } };
  },
});

function spread(part: RefArray, residue: readonly number[], step: readonly number[], out: RefArray): void {
  part.data.forEach((value, n) => {
    let rest = n;
    let place = 0;
    let stride = 1;
    for (let axis = out.shape.length - 1; axis >= 0; axis--) {
      const extent = part.shape[axis]!;
      place += stride * (residue[axis]! + step[axis]! * (rest % extent));
      rest = Math.floor(rest / extent);
      stride *= out.shape[axis]!;
    }
    out.data[place] = value;
  });
}

/** y[i] = part[i mod step][⌊i / step⌋], parts in the order of {@link residuesOf}. */
export function interleave(parts: readonly Tensor[], attrs: InterleaveAttrs): Tensor {
  return apply(interleaveOp, parts, attrs);
}
