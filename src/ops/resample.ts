import { apply, defineOp, type Op } from "../core/op.ts";
import { sizeOf } from "../core/shape.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { add, mul } from "./arithmetic.ts";
import { type Band, bandOf, transposeBand } from "./band.ts";
import { take } from "./gather.ts";
import { reshape } from "./movement.ts";
import { sum } from "./reduce.ts";

type ResampleAttrs = Band & { readonly axis: number };

/** Widest band that is written as a sum of products, element by element, instead of as a reduction. */
const widestUnrolled = 4;

const resampleOp: Op<ResampleAttrs> = defineOp<ResampleAttrs>({
  name: "resample",
  shape: ([x], { axis, start }) => ({ shape: x!.shape.with(axis, start.length), dtype: x!.dtype }),
  reference: ([x], { axis, extent, start, weights }, out) => {
    const inner = sizeOf(x!.shape.slice(axis + 1));
    for (let i = 0; i < out.data.length; i++) {
      const line = Math.floor(i / inner);
      const o = line % start.length;
      const first = Math.floor(line / start.length) * extent + start[o]!;
      weights[o]!.forEach((weight, k) => {
        out.data[i]! += weight * x!.data[(first + k) * inner + (i % inner)]!;
      });
    }
  },
  vjp: ({ gradient, attrs: { axis, ...band } }) => [resample(gradient, axis, transposeBand(band))],
  decompose: ([x], { axis, start, weights }) => {
    const width = weights[0]!.length;
    const column = (values: readonly number[], count: number): Tensor => {
      const shape = [start.length, count, ...x!.shape.slice(axis + 1).map(() => 1)];
      return tensor(Float64Array.from(values), { shape, dtype: x!.dtype });
    };
    const neighbours = (count: number, first: number): Tensor => {
      const at = start.flatMap((s) => Array.from({ length: count }, (_, k) => s + first + k));
      const shape = [...x!.shape.slice(0, axis), start.length, count, ...x!.shape.slice(axis + 1)];
      return reshape(take(x!, at, axis), shape);
    };
    const weighted = (count: number, first: number): Tensor => {
      const values = weights.flatMap((row) => row.slice(first, first + count));
      const near = neighbours(count, first);
      return values.every((value) => value === 1) ? near : mul(near, column(values, count));
    };
    const parts =
      width <= widestUnrolled
        ? Array.from({ length: width }, (_, k) => weighted(1, k))
        : [sum(weighted(width, 0), axis + 1, { keepDims: true })];
    return reshape(
      parts.reduce((a, b) => add(a, b)),
      x!.shape.with(axis, start.length),
    );
  },
  examples: (draw) => {
    const shape = draw.shape(draw.int(1, 3), 5);
    const axis = draw.int(0, shape.length - 1);
    const extent = shape[axis]!;
    const rows = Array.from({ length: draw.int(1, 6) }, () => ({
      start: draw.int(0, extent - 1),
      weights: [] as number[],
    }));
    for (const row of rows) {
      const count = draw.int(1, extent - row.start);
      row.weights.push(...Array.from({ length: count }, () => draw.pick([1, 0.5, -0.25])));
    }
    rows.sort((a, b) => a.start - b.start);
    return { inputs: [{ shape }], attrs: { ...bandOf(extent, rows), axis } };
  },
});

/** y[…, o, …] = Σ over k of weights[o][k] · x[…, start[o] + k, …] along `axis`: a banded matrix on every line of x. */
export function resample(x: Tensor, axis: number, band: Band): Tensor {
  return apply(resampleOp, [x], { ...band, axis });
}
