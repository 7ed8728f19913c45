import { apply, defineOp, type Op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";

export type PackAttrs = {
  /** Axes from the outermost to the innermost in memory. */
  readonly order: readonly number[];
  /**
   * One axis may be cut: its indices fall into `groups` equal parts, each part into panels of `width`, filled up with
   * zeros; panels take the axis's place in the order, and what lies within a panel comes innermost.
   */
  readonly panel: { readonly axis: number; readonly groups: number; readonly width: number } | null;
  /** For filters [O, C, 3, 3]: the extent m of output tiles for whose Winograd transform they are kept; else 0. */
  readonly winograd: 0 | 2 | 4;
};

const packOp: Op<PackAttrs> = defineOp<PackAttrs>({
  name: "pack",
  shape: ([x]) => x!,
  reference: ([x], _, out) => out.data.set(x!.data),
  vjp: ({ gradient }) => [gradient],
  examples: (draw) => {
    const groups = draw.int(1, 2);
    const shape = [groups * draw.int(1, 5), draw.int(1, 3), draw.int(1, 3)];
    const order = draw.pick([
      [0, 1, 2],
      [0, 2, 1],
      [2, 1, 0],
    ]);
    const panel = draw.bool() ? { axis: 0, groups, width: draw.pick([2, 4]) } : null;
    return { inputs: [{ shape }], attrs: { order, panel, winograd: 0 } };
  },
});

/** x, kept in memory in another order; the value is the same. */
export function pack(x: Tensor, attrs: PackAttrs): Tensor {
  return apply(packOp, [x], attrs);
}
