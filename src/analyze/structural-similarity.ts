import { gaussianBlur } from "./gaussian-blur.ts";

/**
 * The mean structural similarity of two maps [H, W], both scaled to [0, 1] first: 1 for equal ones.
 *
 * (2 μₐ μ_b + c₁)(2 σₐ_b + c₂) / ((μₐ² + μ_b² + c₁)(σₐ² + σ_b² + c₂)) with c₁ = 0.01², c₂ = 0.03², and local means by a
 * Gaussian of 1.5 pixels (Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment, 2004, equation 13).
 */
export function structuralSimilarity(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  height: number,
  width: number,
): number {
  const [a, b] = [unitRange(first), unitRange(second)];
  const local = (values: ArrayLike<number>): Float32Array => gaussianBlur(values, height, width, 1.5);
  const [ma, mb] = [local(a), local(b)];
  const [aa, bb, ab] = [
    local(a.map((v) => v * v)),
    local(b.map((v) => v * v)),
    local(a.map((v, i) => v * b[i]!)),
  ];
  const [c1, c2] = [0.01 ** 2, 0.03 ** 2];
  let total = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [ma[i]!, mb[i]!];
    const [xx, yy, xy] = [aa[i]! - x * x, bb[i]! - y * y, ab[i]! - x * y];
    total += ((2 * x * y + c1) * (2 * xy + c2)) / ((x * x + y * y + c1) * (xx + yy + c2));
  }
  return total / a.length;
}

function unitRange(values: ArrayLike<number>): Float64Array {
  const list = Float64Array.from(values);
  const low = list.reduce((a, b) => Math.min(a, b));
  const high = list.reduce((a, b) => Math.max(a, b));
  return list.map((value) => (high === low ? 0 : (value - low) / (high - low)));
}
