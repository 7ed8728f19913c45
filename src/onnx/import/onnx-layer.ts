import { isFloating } from "../../core/dtype.ts";
import { ArgumentError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Variable } from "../../core/variable.ts";
import { reportForward } from "../../nn/forward-calls.ts";
import { type Member, Module } from "../../nn/module.ts";
import type { OnnxGraph, OnnxNode } from "./parse-graph.ts";
import type { Value } from "./value.ts";

/** A node of a file's graph as a layer to look at: what it is called, its weights, and what it made of which tensors. */
export class OnnxLayer extends Module {
  readonly #operator: string;
  readonly #variables: readonly (readonly [string, Variable])[];

  constructor({ opType, inputs }: OnnxNode, variables: ReadonlyMap<string, Variable>) {
    super();
    this.#operator = opType;
    this.#variables = inputs.flatMap((name) => {
      const variable = variables.get(name);
      return variable ? [[name, variable] as const] : [];
    });
  }

  override get typeName(): string {
    return this.#operator;
  }

  override *members(): Iterable<readonly [name: string, member: Member]> {
    yield* this.#variables;
  }

  override forward(_: Tensor): Tensor {
    throw new ArgumentError(`${this.#operator}: a node of an ONNX graph runs within its network only`);
  }

  /** Tells whoever traces layers what the node made; shapes and other whole numbers are no activations. */
  report(inputs: readonly (Value | undefined)[], results: readonly (Value | undefined)[]): void {
    const output = results.find((result) => result !== undefined && result.constant === undefined)?.tensor;
    if (output?.source.kind !== "node" || !isFloating(output.dtype)) return;
    const operands = inputs.filter((input) => input !== undefined);
    const tensors = operands
      .filter(({ constant, variable }) => constant === undefined && variable === undefined)
      .map(({ tensor }) => tensor);
    if (tensors.length > 0) reportForward(this, tensors, output);
  }
}

/** The layers of a graph by their names: a node without one, or with another's, has that of its output. */
export function onnxLayers(
  { nodes }: OnnxGraph,
  variables: ReadonlyMap<string, Variable>,
): Map<OnnxNode, { readonly name: string; readonly layer: OnnxLayer }> {
  const names = new Set<string>();
  return new Map(
    nodes.map((node, i) => {
      const given = [node.name, node.outputs.find((output) => output !== "") ?? ""];
      const name = given.find((each) => each !== "" && !names.has(each)) ?? `${node.opType}_${i}`;
      names.add(name);
      return [node, { name, layer: new OnnxLayer(node, variables) }];
    }),
  );
}
