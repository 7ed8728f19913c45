import type { Attrs } from "../core/op.ts";
import { Tensor } from "../core/tensor.ts";
import { tensorsBehind } from "../core/tensors-behind.ts";

/** One operation, with what is known of its operands. */
export interface OpUse<S> {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  /** `undefined` for operands that do not depend on the network's input. */
  readonly states: readonly (S | undefined)[];
  // biome-ignore lint/suspicious/noExplicitAny: each rule knows the attributes of its op
  readonly attrs: any;
  readonly output: Tensor;
}

/** What an operation makes of what is known of its operands; `undefined` where nothing of them is left. */
export type Rule<S> = (use: OpUse<S>) => S | undefined;

/**
 * Follows a statement about the network's input through the graph, op by op (abstract interpretation).
 *
 * An op without a rule is taken apart by its `decompose`; one that has none goes to `otherwise`.
 */
export class Interpreter<S> {
  readonly #states = new Map<Tensor, S | undefined>();
  readonly #rules: Readonly<Record<string, Rule<S>>>;
  readonly #otherwise: Rule<S>;

  constructor(input: Tensor, state: S, rules: Readonly<Record<string, Rule<S>>>, otherwise: Rule<S>) {
    this.#states.set(input, state);
    this.#rules = rules;
    this.#otherwise = otherwise;
  }

  /** What is known of a tensor; `undefined` if it does not depend on the input. */
  of(tensor: Tensor): S | undefined {
    for (const each of tensorsBehind(tensor, this.#states)) this.#states.set(each, this.#step(each));
    return this.#states.get(tensor);
  }

  #step(output: Tensor): S | undefined {
    const { source } = output;
    if (source.kind !== "node") return undefined;
    const states = source.inputs.map((input) => this.#states.get(input));
    if (states.every((state) => state === undefined)) return undefined;
    const use = { op: source.op.name, inputs: source.inputs, states, attrs: source.attrs, output };
    const rule = this.#rules[source.op.name];
    if (rule) return rule(use);
    if (!source.op.decompose) return this.#otherwise(use);
    return this.of(source.op.decompose(this.#placeholders(use), source.attrs as Attrs));
  }

  /** Stand-ins with ids above all there are, so that a decomposition that gives back an operand is known already. */
  #placeholders({ inputs, states }: OpUse<S>): Tensor[] {
    return inputs.map((input, i) => {
      const state = states[i];
      if (state === undefined) return input;
      const stand = Tensor.input(input);
      this.#states.set(stand, state);
      return stand;
    });
  }
}

/** Names of ops that treat every element alike; all their operands have the shape of the result. */
export const elementwiseOps: readonly string[] = [
  ...["add", "sub", "mul", "div", "pow", "maximum", "minimum", "neg", "abs", "sign", "floor", "cast"],
  ...["exp", "log", "log1p", "expm1", "sqrt", "sin", "cos", "tanh", "sigmoid", "erf", "where", "pack"],
  ...["equal", "notEqual", "less", "lessEqual", "logicalNot", "logicalAnd", "bitsToUnit"],
];
