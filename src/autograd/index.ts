export { checkpoint } from "./checkpoint.ts";
export { type Gradients, grad, type ValueAndGradients, valueAndGrad } from "./grad.ts";
export { type BackwardRules, gradients } from "./gradients.ts";
