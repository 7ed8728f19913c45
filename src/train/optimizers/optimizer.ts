import type { Gradients } from "../../autograd/grad.ts";
import { ArgumentError } from "../../core/errors.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { Variable } from "../../core/variable.ts";
import { camelToSnake } from "../../nn/names.ts";
import { loadState, readState, type StateDict } from "../../nn/state-dict.ts";
import { mul } from "../../ops/arithmetic.ts";
import { type GroupOptions, type ParameterGroup, settingsFor } from "./groups.ts";

/** The variables that an optimizer keeps for one parameter, such as a momentum buffer, by name. */
export type Slots = Readonly<Record<string, Variable>>;

/** Their values before the first update; from the host, because that may happen while a function is traced. */
export type InitialSlots = Readonly<Record<string, Tensor>>;

interface Entry<Settings> {
  readonly name: string;
  readonly settings: Settings;
  readonly learningRateScale: number;
  readonly slots: Slots;
}

/**
 * Changes parameters by their gradients.
 *
 * `update` works by hand and inside `compile`, where the state is updated in place with the parameters. A subclass
 * states its rule for one parameter; this class keeps the state, the groups and the names.
 */
export abstract class Optimizer<Settings extends object = object> {
  /** A scalar float32 variable, so that a program need not be compiled again when it changes. */
  readonly learningRate: Variable;
  /** The learning rate that schedules scale. */
  readonly lr: number;
  readonly #settings: Settings;
  readonly #groups: readonly ParameterGroup<Settings>[];
  readonly #names = new Map<Variable, string>();
  readonly #entries = new Map<Variable, Entry<Settings>>();

  protected constructor(options: GroupOptions<Settings>, settings: Settings) {
    this.#groups = options.groups ?? [];
    this.#settings = settings;
    const { lr } = options;
    if (!(lr >= 0 && lr < Number.POSITIVE_INFINITY)) {
      throw new ArgumentError(`${this.constructor.name}: lr must be a number of at least 0, but is ${lr}`);
    }
    for (const group of [{}, ...this.#groups]) this.checkSettings({ ...settings, ...group });
    this.lr = lr;
    this.learningRate = new Variable(tensor(Float32Array.of(lr), { shape: [] }), { trainable: false });
  }

  /** Throws an ArgumentError for a setting that cannot be meant. */
  protected abstract checkSettings(settings: Settings): void;

  /** What is kept for a parameter, before its first update. */
  protected abstract initialSlots(parameter: Variable, settings: Settings): InitialSlots;

  /**
   * One update of one parameter: assigns the slots and returns the parameter's new value.
   *
   * A slot's old value is read before it is assigned.
   */
  protected abstract rule(
    parameter: Tensor,
    gradient: Tensor,
    learningRate: Tensor,
    slots: Slots,
    settings: Settings,
  ): Tensor;

  /** Sets the learning rate of the updates to come, also of those that are compiled already. */
  setLearningRate(value: number): void {
    this.learningRate.assign(value);
  }

  /**
   * Tells the names by which groups choose and by which the state is stored; `model.namedParameters()` has them.
   *
   * Parameters that were never named are called by their position in the first update: "0", "1", …
   */
  attach(parameters: Iterable<readonly [name: string, parameter: Variable]>): this {
    for (const [name, parameter] of parameters) {
      const entry = this.#entries.get(parameter);
      if (entry && entry.name !== name) {
        throw new ArgumentError(`attach: the parameter ${name} has a state under the name ${entry.name}`);
      }
      this.#names.set(parameter, name);
    }
    return this;
  }

  /** Assigns every parameter that has a gradient its next value. */
  update(grads: Gradients): void {
    const learningRate = this.learningRate.value;
    for (const [parameter, gradient] of grads) {
      const { slots, settings, learningRateScale } = this.#entryOf(parameter);
      const scaled = learningRateScale === 1 ? learningRate : mul(learningRate, learningRateScale);
      parameter.assign(this.rule(parameter.value, gradient, scaled, slots, settings));
    }
  }

  /** Every variable of the optimizer by name: `learning_rate`, and those of the parameters as `conv1.weight.exp_avg`. */
  get state(): ReadonlyMap<string, Variable> {
    const state = new Map([["learning_rate", this.learningRate]]);
    for (const { name, slots } of this.#entries.values()) {
      for (const [slot, variable] of Object.entries(slots)) state.set(slotName(name, slot), variable);
    }
    return state;
  }

  /** A copy of the state's values, by name; parameters that were not updated yet have none. */
  stateDict(): Promise<StateDict> {
    return readState(this.state);
  }

  /**
   * Takes over a state; the parameters' names must be known (see {@link attach}).
   *
   * @throws StateDictError that names everything that is missing, unexpected or of another shape; the state's values
   * are unchanged then.
   */
  loadStateDict(state: StateDict): void {
    for (const [parameter, name] of this.#names) {
      const slots = Object.keys(this.initialSlots(parameter, this.#choose(parameter).settings));
      if (slots.some((slot) => state.has(slotName(name, slot)))) this.#entryOf(parameter);
    }
    loadState([...this.state], state);
  }

  #entryOf(parameter: Variable): Entry<Settings> {
    const known = this.#entries.get(parameter);
    if (known) return known;
    const { name, settings, learningRateScale } = this.#choose(parameter);
    const slots = Object.entries(this.initialSlots(parameter, settings)).map(
      ([slot, value]) => [slot, new Variable(value, { trainable: false })] as const,
    );
    const entry = { name, settings, learningRateScale, slots: Object.fromEntries(slots) };
    this.#entries.set(parameter, entry);
    this.#names.set(parameter, name);
    return entry;
  }

  #choose(parameter: Variable): { name: string; settings: Settings; learningRateScale: number } {
    const name = this.#names.get(parameter) ?? String(this.#entries.size);
    return { name, ...settingsFor(this.#groups, this.#settings, name, parameter) };
  }
}

function slotName(parameter: string, slot: string): string {
  return `${parameter}.${camelToSnake(slot)}`;
}

/** Zeros of a parameter's shape and type. */
export function zerosLike({ shape, dtype }: Variable): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(dtype === "float64" ? new Float64Array(size) : new Float32Array(size), { shape });
}

/** Checks that a setting lies in [least, most). */
export function checkSetting(
  name: string,
  value: number,
  least: number,
  most: number = Number.POSITIVE_INFINITY,
): void {
  if (value >= least && value < most) return;
  const range = most === Number.POSITIVE_INFINITY ? `at least ${least}` : `in [${least}, ${most})`;
  throw new ArgumentError(`optimizer: ${name} must be ${range}, but is ${value}`);
}
