import fc from "fast-check";
import { expect } from "vitest";
import { gradients } from "../src/autograd/gradients.ts";
import { reference } from "../src/backend/reference/reference.ts";
import type { Backend } from "../src/core/backend.ts";
import { Draw } from "../src/core/draw.ts";
import type { DType } from "../src/core/dtype.ts";
import type { Shape } from "../src/core/shape.ts";
import type { Tensor } from "../src/core/tensor.ts";
import { fill, valuesOf } from "./conformance-tools.ts";
import { compareArrays, type Tolerance, tolerance } from "./tolerance.ts";

/** Random operands that follow from a seed, so that a program can be built again for another backend. */
export class Operands {
  readonly draw: Draw;

  constructor(seed: number) {
    this.draw = new Draw(seed);
  }

  /** Float32 numbers in [−1, 1) unless a range is given. */
  float(shape: Shape, range: readonly [number, number] = [-1, 1]): Tensor {
    return fill({ shape, range }, this.draw, "float32");
  }

  /** Whole numbers in [low, high). */
  whole(shape: Shape, dtype: DType, low: number, high: number): Tensor {
    return fill({ shape, dtype, range: [low, high] }, this.draw, "float32");
  }

  /** The output, and the gradients of its product with random weights. */
  withGradients(output: Tensor, wrt: readonly Tensor[]): Tensor[] {
    return [output, ...gradients(output, wrt, this.float(output.shape))];
  }
}

/** For sums of many terms of order 1, which may cancel down to little. */
export const cancelling: Tolerance = { relative: 1e-5, absolute: 1e-5 };
/** For convolutions in Winograd's form, whose terms are larger than what they sum up to. */
export const transformed: Tolerance = { relative: 4e-5, absolute: 2e-5 };

export type Program = (operands: Operands) => Tensor | readonly Tensor[];

/** Runs one program on the reference and on other backends, and fails where a result differs. */
export async function expectAgreement(
  program: Program,
  backends: readonly Backend[],
  { seed = 0, allowed = tolerance.kernel }: { seed?: number; allowed?: Tolerance } = {},
): Promise<void> {
  const build = (): readonly Tensor[] => [program(new Operands(seed))].flat() as Tensor[];
  const expected = await valuesOf(build(), reference);
  for (const [b, backend] of backends.entries()) {
    const actual = await valuesOf(build(), backend);
    actual.forEach((values, k) => {
      const problem = compareArrays(values, expected[k]!, allowed);
      expect(problem, `backend ${b}, result ${k}, seed ${seed}`).toBeUndefined();
    });
  }
}

/** Whether to look longer: more random cases, longer loops. */
export const slow: boolean = Boolean(process.env.FOVEA_SLOW);

/** How many random cases to try: a third where another path or engine tries as many already. */
export function cases(usual: number, whenSlow: number = 20 * usual): number {
  if (slow) return whenSlow;
  return process.env.FOVEA_BRIEF ? Math.ceil(usual / 3) : usual;
}

/**
 * Draws settings and compares the program that they give on all backends; fast-check prints seed and settings of a
 * failure, and `FOVEA_SEED` repeats a run.
 */
export async function agreeOnRandom<Settings>(
  settings: fc.Arbitrary<Settings>,
  program: (operands: Operands, settings: Settings) => Tensor | readonly Tensor[],
  backends: readonly Backend[],
  runs: number,
  allowed: Tolerance = cancelling,
): Promise<void> {
  const property = fc.asyncProperty(settings, fc.nat(1e6), (drawn, seed) =>
    expectAgreement((operands) => program(operands, drawn), backends, { seed, allowed }),
  );
  await fc.assert(property, {
    numRuns: cases(runs),
    ...(process.env.FOVEA_SEED && { seed: Number(process.env.FOVEA_SEED) }),
  });
}
