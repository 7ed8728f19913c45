import { isFloating } from "../../core/dtype.ts";
import { Tensor } from "../../core/tensor.ts";
import { isReal, type OnnxType } from "../format/data-types.ts";
import type { OnnxTensor } from "../format/read-tensor.ts";
import type { AttributeValues, OnnxAttribute } from "./attributes.ts";
import { OnnxError } from "./onnx-error.ts";
import type { OnnxGraph, OnnxNode } from "./parse-graph.ts";
import { Value } from "./value.ts";

/** What an operator gives for one output: a tensor of the type that its first input of that kind has, or a typed value. */
export type Result = Tensor | Value;

/** An operator of ONNX in terms of tensors: all versions of it. */
export type Operator = (call: NodeCall) => Result | readonly (Result | undefined)[];

/** What a node's surroundings give to its operator. */
export interface CallContext {
  readonly file: string;
  /** Version of the node's operator set. */
  readonly version: number;
  /** Whether the model is in training mode; looking is what makes a compiled function notice a change. */
  readonly training: () => boolean;
  /** How many times the batch that the file's inputs declare the given one is. */
  readonly batchFactor: number;
  /** Computes a graph inside this one. */
  readonly runGraph: (graph: OnnxGraph) => readonly Value[];
}

/** One node with its operands: what an operator sees. */
export class NodeCall {
  readonly node: OnnxNode;
  readonly inputs: readonly (Value | undefined)[];
  readonly #attributes: ReadonlyMap<string, OnnxAttribute>;
  readonly #context: CallContext;

  constructor(
    node: OnnxNode,
    inputs: readonly (Value | undefined)[],
    attributes: ReadonlyMap<string, OnnxAttribute>,
    context: CallContext,
  ) {
    this.node = node;
    this.inputs = inputs;
    this.#attributes = attributes;
    this.#context = context;
  }

  get version(): number {
    return this.#context.version;
  }

  get training(): boolean {
    return this.#context.training();
  }

  get batchFactor(): number {
    return this.#context.batchFactor;
  }

  /** Computes a graph that an attribute holds. */
  run(graph: OnnxGraph): readonly Value[] {
    return this.#context.runGraph(graph);
  }

  fail(reason: string): OnnxError {
    const { opType, name } = this.node;
    return new OnnxError({ file: this.#context.file, opType, node: name }, reason);
  }

  /** Whether the node uses its output number `i`. */
  wants(i: number): boolean {
    return (this.node.outputs[i] ?? "") !== "";
  }

  value(i: number): Value {
    const value = this.inputs[i];
    if (!value) throw this.fail(`input ${i} is missing`);
    return value;
  }

  has(i: number): boolean {
    return this.inputs[i] !== undefined;
  }

  tensor(i: number): Tensor {
    return this.value(i).tensor;
  }

  optional(i: number): Tensor | undefined {
    return this.inputs[i]?.tensor;
  }

  /** All inputs, of which there is at least one and none is left out. */
  tensors(): Tensor[] {
    if (this.inputs.length === 0) throw this.fail("it has no inputs");
    return this.inputs.map((_, i) => this.tensor(i));
  }

  /** The elements of an input that decides about shapes, so that they must be known before anything is computed. */
  numbers(i: number, what: string): number[] {
    const { numbers } = this.value(i);
    if (!numbers) throw this.fail(`${what} (input ${i}) depends on data, which are not known here`);
    return Array.from(numbers);
  }

  optionalNumbers(i: number, what: string): number[] | undefined {
    return this.has(i) ? this.numbers(i, what) : undefined;
  }

  number(i: number, what: string): number {
    const numbers = this.numbers(i, what);
    if (numbers.length !== 1) throw this.fail(`${what} (input ${i}) has ${numbers.length} elements, not 1`);
    return numbers[0]!;
  }

  /** Whole numbers: from input `i` where it is there, else from the attribute. */
  settings(i: number, name: string): number[] | undefined {
    return this.optionalNumbers(i, name) ?? this.ints(name);
  }

  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    return this.#attribute(name, "int") ?? otherwise;
  }

  float(name: string): number | undefined;
  float(name: string, otherwise: number): number;
  float(name: string, otherwise?: number): number | undefined {
    return this.#attribute(name, "float") ?? otherwise;
  }

  text(name: string): string | undefined;
  text(name: string, otherwise: string): string;
  text(name: string, otherwise?: string): string | undefined {
    return this.#attribute(name, "text") ?? otherwise;
  }

  /** A text attribute of which only some values mean something. */
  oneOf<const T extends string>(name: string, allowed: readonly T[], otherwise: NoInfer<T>): T {
    const text = this.text(name, otherwise);
    const known = allowed.find((each) => each === text);
    if (known === undefined)
      throw this.fail(`${name} ${JSON.stringify(text)} is not one of ${allowed.join(", ")}`);
    return known;
  }

  ints(name: string): number[] | undefined {
    const ints = this.#attribute(name, "ints");
    return ints && [...ints];
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attribute(name, "floats");
  }

  constantTensor(name: string): OnnxTensor | undefined {
    return this.#attribute(name, "tensor");
  }

  graph(name: string): OnnxGraph {
    const graph = this.#attribute(name, "graph");
    if (!graph) throw this.fail(`the attribute ${name} is missing`);
    return graph;
  }

  attributeNames(): string[] {
    return [...this.#attributes.keys()];
  }

  /** An axis counted from either end. */
  axis(axis: number, rank: number): number {
    if (!Number.isInteger(axis) || axis < -rank || axis >= Math.max(rank, 1)) {
      throw this.fail(`axis ${axis} does not exist in a tensor with ${rank} axes`);
    }
    return axis < 0 ? axis + rank : axis;
  }

  axes(axes: readonly number[], rank: number): number[] {
    const list = axes.map((axis) => this.axis(axis, rank));
    if (new Set(list).size !== list.length) throw this.fail(`an axis is named twice in [${axes.join(", ")}]`);
    return list;
  }

  /** The output as a value: a tensor has the type of the first input of its kind, else the usual one of that kind. */
  valueOf(result: Result): Value {
    return result instanceof Tensor ? Value.of(result, this.#typeOf(result)) : result;
  }

  #typeOf({ dtype }: Tensor): OnnxType {
    if (dtype === "bool") return "bool";
    const real = isFloating(dtype);
    const types = this.inputs.map((input) => input?.type);
    const like = types.find((type) => type !== undefined && type !== "bool" && isReal(type) === real);
    return like ?? (real ? "float32" : "int64");
  }

  #attribute<K extends keyof AttributeValues>(name: string, kind: K): AttributeValues[K] | undefined {
    const attribute = this.#attributes.get(name);
    if (attribute === undefined) return undefined;
    if (attribute.kind !== kind) throw this.fail(`the attribute ${name} is ${attribute.kind}, not ${kind}`);
    return attribute.value as AttributeValues[K];
  }
}
