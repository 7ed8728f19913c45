import { mul } from "../../ops/arithmetic.ts";
import { relu } from "../../ops/rectifiers.ts";
import { mean, sum } from "../../ops/reduce.ts";
import type { MethodDefinition } from "./attribution.ts";
import { gradientCam } from "./cam.ts";

const keepDims = { keepDims: true } as const;

/** ReLU(Σₖ αₖ Aₖ) with αₖ the mean over places of ∂score/∂Aₖ (equations 1 and 2). */
export const gradCam: MethodDefinition = {
  title: "Grad-CAM",
  paper: "Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra: Grad-CAM. arXiv:1610.02391, section 3",
  explain: (subject, options) =>
    gradientCam(subject, options, (maps, slopes) =>
      relu(sum(mul(mean(slopes, [2, 3], keepDims), maps), 1, keepDims)),
    ),
};
