export { Adam, type AdamOptions } from "./adam.ts";
export type { AdamSettings } from "./adam-rule.ts";
export { AdamW, type AdamWOptions } from "./adamw.ts";
export { clipByGlobalNorm, clipByValue, globalNorm } from "./clip.ts";
export { biasesAndNorms, type GroupOptions, type ParameterGroup } from "./groups.ts";
export { Optimizer } from "./optimizer.ts";
export { RMSprop, type RMSpropOptions, type RMSpropSettings } from "./rmsprop.ts";
export { SGD, type SGDOptions, type SGDSettings } from "./sgd.ts";
