import { constant } from "./init.ts";
import { Parameter } from "./parameter.ts";

export interface NormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** Whether there are learned factors and summands for each channel. */
  readonly affine?: boolean;
}

export interface ChannelAffine {
  /** [channels], ones at first. */
  readonly weight: Parameter;
  /** [channels], zeros at first. */
  readonly bias: Parameter;
}

export function channelAffine(channels: number): ChannelAffine {
  return { weight: constant(Parameter.zeros([channels]), 1), bias: Parameter.zeros([channels]) };
}
