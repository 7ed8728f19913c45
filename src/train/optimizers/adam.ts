import type { Tensor } from "../../core/tensor.ts";
import type { Variable } from "../../core/variable.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { type AdamSettings, adamRule, adamSlots, checkAdamSettings } from "./adam-rule.ts";
import type { GroupOptions } from "./groups.ts";
import { type InitialSlots, Optimizer, type Slots } from "./optimizer.ts";

export type AdamOptions = GroupOptions<AdamSettings> & Partial<AdamSettings>;

/** Adam, with a weight decay that is part of the gradient: g ← g + λp, then {@link adamRule}. */
export class Adam extends Optimizer<AdamSettings> {
  constructor(options: AdamOptions) {
    const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, amsgrad = false } = options;
    super(options, { betas, eps, weightDecay, amsgrad });
  }

  protected override checkSettings(settings: AdamSettings): void {
    checkAdamSettings(settings);
  }

  protected override initialSlots(parameter: Variable, settings: AdamSettings): InitialSlots {
    return adamSlots(parameter, settings);
  }

  protected override rule(p: Tensor, gradient: Tensor, lr: Tensor, slots: Slots, s: AdamSettings): Tensor {
    const g = s.weightDecay === 0 ? gradient : add(gradient, mul(p, s.weightDecay));
    return adamRule(p, g, lr, slots, s);
  }
}
