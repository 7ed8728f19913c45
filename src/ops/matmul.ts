import { ShapeError } from "../core/errors.ts";
import { apply, defineOp, type Op } from "../core/op.ts";
import { broadcastShapes, sameShape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { expand } from "./expand.ts";
import type { TensorLike } from "./like.ts";
import { reshape, transpose, unsqueeze } from "./movement.ts";
import { asReals } from "./real.ts";

/** [...batch, m, k] × [...batch, k, n] → [...batch, m, n], with the same batch axes in both. */
const matmulOp: Op<Record<string, never>> = defineOp<Record<string, never>>({
  name: "matmul",
  shape: ([a, b]) => {
    const batch = a!.shape.slice(0, -2);
    const fits = sameShape(batch, b!.shape.slice(0, -2)) && a!.shape.at(-1) === b!.shape.at(-2);
    if (!fits || a!.shape.length < 2) {
      throw new ShapeError("matmul", "matrices do not fit", { a: a!.shape, b: b!.shape });
    }
    return { shape: [...batch, a!.shape.at(-2)!, b!.shape.at(-1)!], dtype: a!.dtype };
  },
  reference: ([a, b], _, out) => {
    const [m, n] = out.shape.slice(-2) as [number, number];
    const k = a!.shape.at(-1)!;
    for (let row = 0; row < sizeOf(out.shape.slice(0, -1)); row++) {
      const matrix = Math.floor(row / m) * k * n;
      for (let column = 0; column < n; column++) {
        let total = 0;
        for (let i = 0; i < k; i++) total += a!.data[row * k + i]! * b!.data[matrix + i * n + column]!;
        out.data[row * n + column] = total;
      }
    }
  },
  vjp: ({ inputs: [a, b], gradient, needs }) => [
    needs(0) ? apply(matmulOp, [gradient, transpose(b!)], {}) : undefined,
    needs(1) ? apply(matmulOp, [transpose(a!), gradient], {}) : undefined,
  ],
  examples: (draw) => {
    const batch = draw.shape(draw.int(0, 2), 3);
    const [m, k, n] = draw.shape(3, 5) as [number, number, number];
    return { inputs: [{ shape: [...batch, m, k] }, { shape: [...batch, k, n] }], attrs: {} };
  },
});

/**
 * Matrix product Σₖ a[…, m, k] · b[…, k, n] by NumPy's rules: leading axes broadcast, a vector is a row on the left
 * and a column on the right, and that axis is missing from the result.
 *
 * @throws ShapeError if the inner extents differ, leading axes do not broadcast, or an operand is a scalar.
 */
export function matmul(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = asReals(a, b);
  if (x.rank === 0 || y.rank === 0) {
    throw new ShapeError(
      "matmul",
      "a scalar is no matrix",
      { a: x.shape, b: y.shape },
      "mul multiplies by a scalar",
    );
  }
  const left = x.rank === 1 ? unsqueeze(x, 0) : x;
  const right = y.rank === 1 ? unsqueeze(y, 1) : y;
  if (left.shape.at(-1) !== right.shape.at(-2)) {
    throw new ShapeError("matmul", `${left.shape.at(-1)} columns meet ${right.shape.at(-2)} rows`, {
      a: x.shape,
      b: y.shape,
    });
  }
  const product = right.rank === 2 ? rowsTimesMatrix(left, right) : batched(left, right);
  const kept = [
    ...product.shape.slice(0, -2),
    ...(x.rank === 1 ? [] : [product.shape.at(-2)!]),
    ...(y.rank === 1 ? [] : [product.shape.at(-1)!]),
  ];
  return reshape(product, kept);
}

/** All rows of `a`, whatever its leading axes, times one matrix: a single product. */
function rowsTimesMatrix(a: Tensor, matrix: Tensor): Tensor {
  const rows = reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1)!]);
  const product = apply(matmulOp, [rows, matrix], {});
  return reshape(product, [...a.shape.slice(0, -1), matrix.shape[1]!]);
}

function batched(a: Tensor, b: Tensor): Tensor {
  const batch = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const spread = (t: Tensor): Tensor => {
    const shape = [...batch, ...t.shape.slice(-2)];
    return sameShape(t.shape, shape) ? t : expand(t, shape);
  };
  return apply(matmulOp, [spread(a), spread(b)], {});
}
