import { sizeOf } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import * as o from "../../../ops/index.ts";
import type { NodeCall, Operator } from "../node-call.ts";

/** α · A' · B' + β · C, where a prime may stand for a transposition. */
function gemm(call: NodeCall): Tensor {
  const a = call.int("transA", 0) === 1 ? o.transpose(call.tensor(0)) : call.tensor(0);
  const b = call.int("transB", 0) === 1 ? o.transpose(call.tensor(1)) : call.tensor(1);
  const [alpha, beta] = [call.float("alpha", 1), call.float("beta", 1)];
  const product = o.matmul(a, b);
  const scaled = alpha === 1 ? product : o.mul(product, alpha);
  const c = call.optional(2);
  if (!c) return o.cast(scaled, a.dtype);
  return o.cast(o.add(scaled, beta === 1 ? c : o.mul(c, beta)), a.dtype);
}

/** A tensor with a letter for each axis. */
interface Lettered {
  readonly t: Tensor;
  readonly letters: string;
}

/** Sum of products over the letters that the output does not have; two operands at a time, as matrix products. */
function einsum(call: NodeCall): Tensor {
  const equation = (call.text("equation") ?? "").replaceAll(/\s/g, "");
  const [left, right] = equation.split("->");
  const terms = left!.split(",");
  const tensors = call.tensors();
  if (terms.length !== tensors.length)
    throw call.fail(`"${equation}" does not fit ${tensors.length} operands`);
  // "..." stands for as many axes as are left, which get letters that no equation uses.
  const widest = Math.max(
    0,
    ...terms.map((term, i) => (term.includes("...") ? tensors[i]!.rank - term.length + 3 : 0)),
  );
  const dots = Array.from({ length: widest }, (_, i) => String.fromCharCode(0x3b1 + i)).join("");
  const operands = tensors.map((t, i): Lettered => {
    const count = Math.max(0, t.rank - terms[i]!.length + 3);
    const letters = terms[i]!.replace("...", dots.slice(dots.length - count));
    if (letters.length !== t.rank)
      throw call.fail(`"${terms[i]}" does not name the axes of [${t.shape.join(", ")}]`);
    return diagonal({ t, letters });
  });
  const all = terms.join("").replaceAll(".", "");
  const once = [...new Set(all)].filter((c) => all.split(c).length === 2).sort();
  const output = right === undefined ? dots + once.join("") : right.replace("...", dots);
  const result = operands.reduce((a, b, i) => {
    const later = operands
      .slice(i + 1)
      .map(({ letters }) => letters)
      .join("");
    return contract(a, b, output + later);
  });
  const only = summed(result, output);
  return o.permute(
    only.t,
    [...output].map((c) => only.letters.indexOf(c)),
  );
}

/** Of axes with the same letter only the diagonal stays. */
function diagonal({ t, letters }: Lettered): Lettered {
  const second = [...letters].findIndex((c, i) => letters.indexOf(c) < i);
  if (second < 0) return { t, letters };
  const first = letters.indexOf(letters[second]!);
  const extent = t.shape[first]!;
  const along = (axis: number): number[] => t.shape.map((_, a) => (a === axis ? extent : 1));
  const same = o.equal(o.reshape(o.iota(extent), along(first)), o.reshape(o.iota(extent), along(second)));
  const rest = letters.slice(0, second) + letters.slice(second + 1);
  return diagonal({ t: o.cast(o.sum(o.where(same, t, 0), second), t.dtype), letters: rest });
}

/** Sums over the letters that are not needed any more. */
function summed({ t, letters }: Lettered, needed: string): Lettered {
  const axes = [...letters].flatMap((c, axis) => (needed.includes(c) ? [] : [axis]));
  if (axes.length === 0) return { t, letters };
  return { t: o.sum(t, axes), letters: [...letters].filter((c) => needed.includes(c)).join("") };
}

/** The product of two operands, summed over shared letters that are not needed any more. */
function contract(first: Lettered, second: Lettered, needed: string): Lettered {
  const a = summed(first, needed + second.letters);
  const b = summed(second, needed + first.letters);
  const shared = [...a.letters].filter((c) => b.letters.includes(c));
  const batch = shared.filter((c) => needed.includes(c));
  const inner = shared.filter((c) => !needed.includes(c));
  const rows = [...a.letters].filter((c) => !shared.includes(c));
  const columns = [...b.letters].filter((c) => !shared.includes(c));
  const extent = (c: string): number => {
    const of = ({ t, letters }: Lettered): number => (letters.includes(c) ? t.shape[letters.indexOf(c)]! : 1);
    return Math.max(of(a), of(b));
  };
  const matrix = ({ t, letters }: Lettered, ...groups: readonly string[][]): Tensor => {
    const order = groups.flat();
    const sorted = o.permute(
      t,
      order.map((c) => letters.indexOf(c)),
    );
    const wide = o.expand(sorted, order.map(extent));
    return o.reshape(
      wide,
      groups.map((group) => sizeOf(group.map(extent))),
    );
  };
  const product = o.matmul(matrix(a, batch, rows, inner), matrix(b, batch, inner, columns));
  const letters = [...batch, ...rows, ...columns];
  return { t: o.reshape(product, letters.map(extent)), letters: letters.join("") };
}

export const matrixOperators: Readonly<Record<string, Operator>> = {
  MatMul: (call) => o.cast(o.matmul(call.tensor(0), call.tensor(1)), call.tensor(0).dtype),
  Gemm: gemm,
  Einsum: (call) => o.cast(einsum(call), call.tensor(0).dtype),
};
