import type { Tensor } from "../../core/tensor.ts";
import type { Variable } from "../../core/variable.ts";
import { mul, sub } from "../../ops/arithmetic.ts";
import { type AdamSettings, adamRule, adamSlots, checkAdamSettings } from "./adam-rule.ts";
import type { GroupOptions } from "./groups.ts";
import { type InitialSlots, Optimizer, type Slots } from "./optimizer.ts";

export type AdamWOptions = GroupOptions<AdamSettings> & Partial<AdamSettings>;

/**
 * Adam with decoupled weight decay: p ← p(1 − ηλ), then {@link adamRule}; λ is 0.01 unless told.
 *
 * Loshchilov and Hutter: Decoupled Weight Decay Regularization (2019), algorithm 2.
 */
export class AdamW extends Optimizer<AdamSettings> {
  constructor(options: AdamWOptions) {
    const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01, amsgrad = false } = options;
    super(options, { betas, eps, weightDecay, amsgrad });
  }

  protected override checkSettings(settings: AdamSettings): void {
    checkAdamSettings(settings);
  }

  protected override initialSlots(parameter: Variable, settings: AdamSettings): InitialSlots {
    return adamSlots(parameter, settings);
  }

  protected override rule(p: Tensor, gradient: Tensor, lr: Tensor, slots: Slots, s: AdamSettings): Tensor {
    const decayed = s.weightDecay === 0 ? p : mul(p, sub(1, mul(lr, s.weightDecay)));
    return adamRule(decayed, gradient, lr, slots, s);
  }
}
