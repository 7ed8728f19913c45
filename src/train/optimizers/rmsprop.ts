import type { Tensor } from "../../core/tensor.ts";
import type { Variable } from "../../core/variable.ts";
import { add, div, maximum, mul, square, sub } from "../../ops/arithmetic.ts";
import { sqrt } from "../../ops/math.ts";
import type { GroupOptions } from "./groups.ts";
import { checkSetting, type InitialSlots, Optimizer, type Slots, zerosLike } from "./optimizer.ts";

export interface RMSpropSettings {
  /** α: how much of the old average of g² is kept; 0.99 unless told. */
  readonly alpha: number;
  /** ε; 1e-8 unless told. */
  readonly eps: number;
  /** μ; 0 unless told. */
  readonly momentum: number;
  /** Whether g² is taken around the average of g, which makes it a variance. */
  readonly centered: boolean;
  /** λ: adds λp to the gradient; 0 unless told. */
  readonly weightDecay: number;
}

export type RMSpropOptions = GroupOptions<RMSpropSettings> & Partial<RMSpropSettings>;

/**
 * v ← αv + (1 − α)g², b ← μb + g / (√v + ε), p ← p − ηb.
 *
 * Tieleman and Hinton: Neural Networks for Machine Learning, lecture 6.5 (2012); centered: Graves: Generating Sequences
 * With Recurrent Neural Networks (2013), equations 38 to 45.
 */
export class RMSprop extends Optimizer<RMSpropSettings> {
  constructor(options: RMSpropOptions) {
    const { alpha = 0.99, eps = 1e-8, momentum = 0, centered = false, weightDecay = 0 } = options;
    super(options, { alpha, eps, momentum, centered, weightDecay });
  }

  protected override checkSettings({ alpha, eps, momentum, weightDecay }: RMSpropSettings): void {
    checkSetting("alpha", alpha, 0, 1);
    checkSetting("eps", eps, 0);
    checkSetting("momentum", momentum, 0);
    checkSetting("weightDecay", weightDecay, 0);
  }

  protected override initialSlots(parameter: Variable, settings: RMSpropSettings): InitialSlots {
    return {
      squareAvg: zerosLike(parameter),
      ...(settings.centered && { gradAvg: zerosLike(parameter) }),
      ...(settings.momentum > 0 && { momentumBuffer: zerosLike(parameter) }),
    };
  }

  protected override rule(
    parameter: Tensor,
    gradient: Tensor,
    learningRate: Tensor,
    { squareAvg, gradAvg, momentumBuffer }: Slots,
    { alpha, eps, momentum, weightDecay }: RMSpropSettings,
  ): Tensor {
    const g = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
    const average = (kept: Variable, next: Tensor): Tensor => add(mul(kept, alpha), mul(next, 1 - alpha));
    const v = average(squareAvg!, square(g));
    let spread = v;
    if (gradAvg) {
      const centre = average(gradAvg, g);
      // v is at least the square of the average, but for rounding.
      spread = maximum(sub(v, square(centre)), 0);
      gradAvg.assign(centre);
    }
    squareAvg!.assign(v);
    const direction = div(g, add(sqrt(spread), eps));
    if (!momentumBuffer) return sub(parameter, mul(learningRate, direction));
    const buffer = add(mul(momentumBuffer, momentum), direction);
    momentumBuffer.assign(buffer);
    return sub(parameter, mul(learningRate, buffer));
  }
}
