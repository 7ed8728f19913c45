/** How far two results may be apart: |a − b| ≤ absolute + relative · max(|a|, |b|, scale of the whole result). */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** Every tolerance that the tests use, by what is compared. */
export const tolerance: Record<"exact" | "gradcheck" | "kernel" | "model", Tolerance> = {
  /** Two float64 computations of one formula. */
  exact: { relative: 1e-9, absolute: 1e-12 },
  /** Analytic gradients against central differences with h = 1e-5, both in float64. */
  gradcheck: { relative: 2e-6, absolute: 1e-8 },
  /** One float32 kernel against float64. */
  kernel: { relative: 4e-6, absolute: 1e-6 },
  /** A whole float32 network against float64. */
  model: { relative: 1e-3, absolute: 1e-5 },
};

/** Says where and how two arrays differ most, or `undefined` if they agree. */
export function compareArrays(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative, absolute }: Tolerance,
): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} values instead of ${expected.length}`;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isFinite(expected[i])) scale = Math.max(scale, Math.abs(expected[i]!));
  }
  let worst = 0;
  let worstIndex = -1;
  let wrong = 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (Object.is(a, e) || a === e) continue;
    const excess = Math.abs(a - e) / (absolute + relative * scale);
    if (excess <= 1) continue;
    wrong++;
    if (!(excess <= worst)) [worst, worstIndex] = [excess, i];
  }
  if (wrong === 0) return undefined;
  return `${wrong} of ${expected.length} differ, worst at [${worstIndex}]: ${actual[worstIndex]} instead of ${expected[worstIndex]}`;
}
