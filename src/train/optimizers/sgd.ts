import { ArgumentError } from "../../core/errors.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Variable } from "../../core/variable.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import type { GroupOptions } from "./groups.ts";
import { checkSetting, type InitialSlots, Optimizer, type Slots, zerosLike } from "./optimizer.ts";

export interface SGDSettings {
  /** μ; 0 unless told. */
  readonly momentum: number;
  /** τ: what is kept back of a gradient that enters the momentum buffer; 0 unless told. */
  readonly dampening: number;
  /** Whether the step looks ahead along the momentum; needs momentum and no dampening. */
  readonly nesterov: boolean;
  /** λ: adds λp to the gradient; 0 unless told. */
  readonly weightDecay: number;
}

export type SGDOptions = GroupOptions<SGDSettings> & Partial<SGDSettings>;

/**
 * Stochastic gradient descent: b ← μb + (1 − τ)g, p ← p − ηb, where g includes λp and the first b is g.
 *
 * With Nesterov's momentum the step is g + μb. Sutskever et al.: On the importance of initialization and momentum in
 * deep learning (2013), in the form in which PyTorch states it.
 */
export class SGD extends Optimizer<SGDSettings> {
  constructor(options: SGDOptions) {
    const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
    super(options, { momentum, dampening, nesterov, weightDecay });
  }

  protected override checkSettings({ momentum, dampening, nesterov, weightDecay }: SGDSettings): void {
    checkSetting("momentum", momentum, 0);
    checkSetting("weightDecay", weightDecay, 0);
    checkSetting("dampening", dampening, 0);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ArgumentError("SGD: nesterov needs a momentum and no dampening");
    }
  }

  protected override initialSlots(parameter: Variable, settings: SGDSettings): InitialSlots {
    if (settings.momentum === 0) return {};
    const momentumBuffer = zerosLike(parameter);
    // The first gradient enters undamped: what damps it is a variable that starts at 0.
    return settings.dampening === 0
      ? { momentumBuffer }
      : { momentumBuffer, dampening: tensor(new Float32Array(1), { shape: [] }) };
  }

  protected override rule(
    parameter: Tensor,
    gradient: Tensor,
    learningRate: Tensor,
    slots: Slots,
    { momentum, dampening, nesterov, weightDecay }: SGDSettings,
  ): Tensor {
    const g = weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));
    if (momentum === 0) return sub(parameter, mul(learningRate, g));
    const { momentumBuffer, dampening: damping } = slots;
    const entering = damping ? mul(g, sub(1, damping)) : g;
    const buffer = add(mul(momentumBuffer!, momentum), entering);
    momentumBuffer!.assign(buffer);
    damping?.assign(dampening);
    return sub(parameter, mul(learningRate, nesterov ? add(g, mul(buffer, momentum)) : buffer));
  }
}
