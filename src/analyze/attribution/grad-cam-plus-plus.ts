import { add, div, mul, square } from "../../ops/arithmetic.ts";
import { equal, where } from "../../ops/compare.ts";
import { relu } from "../../ops/rectifiers.ts";
import { sum } from "../../ops/reduce.ts";
import type { MethodDefinition } from "./attribution.ts";
import { gradientCam } from "./cam.ts";

const keepDims = { keepDims: true } as const;

/**
 * ReLU(Σₖ wₖ Aₖ) with wₖ = Σ α ReLU(g), α = g² / (2 g² + g³ Σ Aₖ) and g = ∂score/∂Aₖ (equations 5 and 19, where the
 * final layer is exp(score), whose positive factor is left out). Places where the denominator is 0 have no weight.
 */
export const gradCamPlusPlus: MethodDefinition = {
  title: "Grad-CAM++",
  paper: "Chattopadhay, Sarkar, Howlader, Balasubramanian: Grad-CAM++. arXiv:1710.11063",
  explain: (subject, options) =>
    gradientCam(subject, options, (maps, slopes) => {
      const squares = square(slopes);
      const below = add(mul(squares, 2), mul(mul(squares, slopes), sum(maps, [2, 3], keepDims)));
      const none = equal(below, 0);
      const alphas = where(none, 0, div(squares, where(none, 1, below)));
      const weights = sum(mul(alphas, relu(slopes)), [2, 3], keepDims);
      return relu(sum(mul(weights, maps), 1, keepDims));
    }),
};
