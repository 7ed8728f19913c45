import type { Variable } from "../../core/variable.ts";

/** Parameters with settings of their own; a parameter belongs to the first group that claims it. */
export type ParameterGroup<Settings> = Partial<Settings> & {
  readonly where: (name: string, parameter: Variable) => boolean;
  /** Factor on the learning rate; 1 unless told. */
  readonly learningRateScale?: number;
};

export interface GroupOptions<Settings> {
  /** The learning rate. */
  readonly lr: number;
  readonly groups?: readonly ParameterGroup<Settings>[];
}

/**
 * Claims biases and the weights of norms, which are vectors.
 *
 * `{ where: biasesAndNorms, weightDecay: 0 }` is the usual group without weight decay.
 */
export function biasesAndNorms(_name: string, parameter: Variable): boolean {
  return parameter.shape.length <= 1;
}

/** The settings that hold for one parameter. */
export function settingsFor<Settings extends object>(
  groups: readonly ParameterGroup<Settings>[],
  defaults: Settings,
  name: string,
  parameter: Variable,
): { settings: Settings; learningRateScale: number } {
  const group = groups.find(({ where }) => where(name, parameter));
  const { where: _, learningRateScale = 1, ...own } = group ?? { where: undefined };
  return { settings: { ...defaults, ...own }, learningRateScale };
}
