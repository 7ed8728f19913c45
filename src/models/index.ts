import "../default-backend.ts";

export { batchNormNet } from "./batch-norm-net.ts";
export { lenet5 } from "./lenet.ts";
export {
  loadInto,
  loadPretrained,
  type OpenOptions,
  openPretrained,
  type Pretrained,
  type PretrainedOptions,
  type PretrainedSource,
} from "./load-pretrained.ts";
export { mlp } from "./mlp.ts";
export type { ModelEntry, ModelOptions } from "./model-entry.ts";
export { createModel, listModels } from "./registry.ts";
