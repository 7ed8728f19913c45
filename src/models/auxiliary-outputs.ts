import type { Tensor } from "../core/tensor.ts";

/** What a network with auxiliary heads gives in training, where the losses of all logits are added up with weights. */
export interface AuxiliaryOutputs {
  readonly logits: Tensor;
  /** Of the heads by their depth. */
  readonly auxiliary: readonly Tensor[];
}
