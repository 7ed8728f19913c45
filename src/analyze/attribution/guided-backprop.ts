import type { BackwardRules } from "../../autograd/gradients.ts";
import { greater, less, logicalAnd, where } from "../../ops/compare.ts";
import type { Heat, MethodDefinition } from "./attribution.ts";
import { largestMagnitude } from "./channels.ts";
import { inputGradient } from "./gradient.ts";

/** Backwards through ReLU only what is positive, and only where the ReLU was open (section 3.4, equation of R). */
const guided: BackwardRules = new Map([
  [
    "relu",
    ({ output, gradient }) => [where(logicalAnd(greater(output, 0), greater(gradient, 0)), gradient, 0)],
  ],
  [
    "relu6",
    ({ output, gradient }) => {
      const open = logicalAnd(greater(output, 0), less(output, 6));
      return [where(logicalAnd(open, greater(gradient, 0)), gradient, 0)];
    },
  ],
]);

/** The gradient of a network whose ReLUs pass only positive gradients back; its largest magnitude over the channels. */
export const guidedBackprop: MethodDefinition = {
  title: "Guided backpropagation",
  paper: "Springenberg, Dosovitskiy, Brox, Riedmiller: Striving for Simplicity. arXiv:1412.6806, section 3.4",
  explain: async (subject): Promise<Heat> => {
    const perChannel = await inputGradient(subject, guided);
    return { values: largestMagnitude(perChannel, subject.channels), signed: false, perChannel };
  },
};
