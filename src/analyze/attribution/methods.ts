import type { AttributionMethod, MethodDefinition } from "./attribution.ts";
import { gradCam } from "./grad-cam.ts";
import { gradCamPlusPlus } from "./grad-cam-plus-plus.ts";
import { gradient, gradientTimesInput } from "./gradient.ts";
import { guidedBackprop } from "./guided-backprop.ts";
import { integratedGradients } from "./integrated-gradients.ts";
import { occlusion } from "./occlusion.ts";
import { scoreCam } from "./score-cam.ts";
import { smoothGrad } from "./smooth-grad.ts";

/** Every way to explain a decision, from those that ask for one gradient to those that run the network often. */
export const attributionMethods: Readonly<Record<AttributionMethod, MethodDefinition>> = {
  gradient,
  "gradient-x-input": gradientTimesInput,
  "smooth-grad": smoothGrad,
  "integrated-gradients": integratedGradients,
  "guided-backprop": guidedBackprop,
  "grad-cam": gradCam,
  "grad-cam++": gradCamPlusPlus,
  "score-cam": scoreCam,
  occlusion,
};
