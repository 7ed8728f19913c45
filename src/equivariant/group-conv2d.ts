import type { Group } from "./group.ts";
import { type GroupConvOptions, GroupConvolution } from "./group-convolution.ts";

/**
 * Convolution of feature maps on a group: [N, inChannels·|G|, H, W] → [N, outChannels·|G|, H′, W′].
 *
 * y(p, g) = Σ_q Σ_h Σ_i ψᵢ(g⁻¹ (q − p), g⁻¹ h) xᵢ(q, h) + b. weight [outChannels, inChannels, |G|, k, k], bias
 * [outChannels]; channel c at element g is c·|G| + g.
 *
 * Cohen, Welling: Group Equivariant Convolutional Networks (2016), equation 11.
 *
 * @throws ArgumentError for a group that the grid cannot carry; `forward` throws a ShapeError if the stride breaks the
 * symmetry.
 */
export class GroupConv2d extends GroupConvolution {
  constructor(
    group: Group,
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: GroupConvOptions = {},
  ) {
    super("regular", group, inChannels, outChannels, kernelSize, options);
  }
}
