import type { Group } from "./group.ts";
import { type GroupConvOptions, GroupConvolution } from "./group-convolution.ts";

/**
 * Convolution that takes images to feature maps on a group: [N, inChannels, H, W] → [N, outChannels·|G|, H′, W′].
 *
 * y(p, g) = Σ_q Σ_i ψᵢ(g⁻¹ (q − p)) xᵢ(q) + b: every filter in all positions that the group turns and reflects it to.
 * weight [outChannels, inChannels, k, k], bias [outChannels]; output channel c at element g is c·|G| + g.
 *
 * Cohen, Welling: Group Equivariant Convolutional Networks (2016), equation 10.
 *
 * @throws ArgumentError for a group that the grid cannot carry; `forward` throws a ShapeError if the stride breaks the
 * symmetry.
 */
export class LiftingConv2d extends GroupConvolution {
  constructor(
    group: Group,
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: GroupConvOptions = {},
  ) {
    super("image", group, inChannels, outChannels, kernelSize, options);
  }
}
