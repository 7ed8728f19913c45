import "../default-backend.ts";

export { batchNormNet } from "./batch-norm-net.ts";
export { ConvAutoencoder } from "./conv-autoencoder.ts";
export { type CreatePretrainedOptions, createModel } from "./create-model.ts";
export { imagenetClasses } from "./imagenet-classes.ts";
export { lenet5 } from "./lenet.ts";
export { loadPretrained, type Pretrained, type PretrainedOptions } from "./load-pretrained.ts";
export { type LoadWeightsOptions, loadWeights } from "./load-weights.ts";
export { mlp } from "./mlp.ts";
export type { ModelEntry, ModelOptions } from "./model-entry.ts";
export { muLawDecode, muLawEncode } from "./mu-law.ts";
export { listModels } from "./registry.ts";
export { SegmentationNet } from "./segmentation.ts";
export { steerableCnn } from "./steerable-cnn.ts";
export { UNet, type UNetOptions } from "./unet.ts";
export { WaveNet, type WaveNetOptions } from "./wavenet.ts";
export type { GenerateOptions } from "./wavenet-generate.ts";
