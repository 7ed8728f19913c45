import { FoveaError, MemoryError } from "../../core/errors.ts";
import type { OnnxAttribute } from "./attributes.ts";
import { NodeCall } from "./node-call.ts";
import { OnnxError } from "./onnx-error.ts";
import { operatorOf, unsupportedReason } from "./operators.ts";
import type { OnnxGraph, OnnxNode } from "./parse-graph.ts";
import { functionKey, type OnnxFile, type OnnxFunction, type OpsetVersions } from "./parse-onnx.ts";
import { computeType, Value } from "./value.ts";

/** Tensors with more elements than this are no sensible result of any node. */
const largest = 2 ** 31;

export type NodeObserver = (
  node: OnnxNode,
  inputs: readonly (Value | undefined)[],
  results: readonly (Value | undefined)[],
) => void;

/** Values by name, and those of the graph around. */
interface Scope {
  readonly values: Map<string, Value>;
  readonly outer: Scope | undefined;
}

/** What stays the same in a graph, or in the body of a function. */
interface Surroundings {
  readonly file: OnnxFile;
  readonly training: () => boolean;
  readonly batchFactor: number;
  /** Sees what each node of the graph itself (not of those in it) made. */
  readonly observe?: NodeObserver;
  readonly opsets: OpsetVersions;
  /** What the call of the function gives, and the functions that are being computed. */
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  readonly calls: readonly OnnxFunction[];
}

/**
 * Computes a file's graph on lazy tensors.
 *
 * @param values the inputs and initializers, by name.
 * @param mode whether it is training, and how many times the declared batch the given one is.
 */
export function runModel(
  file: OnnxFile,
  values: Map<string, Value>,
  mode: Pick<Surroundings, "training" | "batchFactor" | "observe">,
): readonly Value[] {
  const surroundings = { file, ...mode, opsets: file.opsets, attributes: new Map(), calls: [] };
  return runGraph(file.graph, { values, outer: undefined }, surroundings);
}

function runGraph(graph: OnnxGraph, scope: Scope, surroundings: Surroundings): Value[] {
  for (const node of graph.nodes) runNode(node, scope, surroundings);
  return graph.outputs.map(({ name }) => find(name, scope)!);
}

function find(name: string, scope: Scope | undefined): Value | undefined {
  return scope && (scope.values.get(name) ?? find(name, scope.outer));
}

function runNode(node: OnnxNode, scope: Scope, surroundings: Surroundings): void {
  const inputs = node.inputs.map((name) => (name === "" ? undefined : find(name, scope)));
  const attributes = resolved(node, surroundings);
  const place = { file: surroundings.file.file, opType: node.opType, node: node.name };
  const body = surroundings.file.functions.get(functionKey(node.domain, node.opType, node.overload));
  const results = body
    ? runFunction(body, node, inputs, attributes, surroundings)
    : runOperator(node, inputs, attributes, scope, surroundings);
  node.outputs.forEach((name, i) => {
    if (name === "") return;
    const value = results[i];
    if (!value) throw new OnnxError(place, `output ${i} is not supported`);
    if (value.tensor.size > largest) {
      throw new OnnxError(place, `output ${i} would have ${value.tensor.size} elements`);
    }
    scope.values.set(name, value);
  });
  surroundings.observe?.(node, inputs, results);
}

function runOperator(
  node: OnnxNode,
  inputs: readonly (Value | undefined)[],
  attributes: ReadonlyMap<string, OnnxAttribute>,
  scope: Scope,
  surroundings: Surroundings,
): readonly (Value | undefined)[] {
  const { file, training, batchFactor, opsets } = surroundings;
  const place = { file: file.file, opType: node.opType, node: node.name };
  const version = opsets.get(node.domain);
  if (version === undefined) {
    throw new OnnxError(place, `the file imports no operator set ${JSON.stringify(node.domain)}`);
  }
  const operator = operatorOf(node.domain, node.opType);
  if (!operator) throw new OnnxError(place, unsupportedReason(node.domain, node.opType));
  const bad = inputs.find((input) => input && !computeType(input.type));
  if (bad) throw new OnnxError(place, `elements of type ${bad.type} are not supported`);
  const context = {
    file: file.file,
    version,
    training,
    batchFactor,
    runGraph: (graph: OnnxGraph) => {
      const values = new Map(
        [...graph.initializers].map(([name, tensor]) => [name, Value.ofConstant(tensor)]),
      );
      return runGraph(graph, { values, outer: scope }, surroundings);
    },
  };
  const call = new NodeCall(node, inputs, attributes, context);
  try {
    const results = [operator(call)].flat();
    return results.map((result) => result && call.valueOf(result));
  } catch (error) {
    if (error instanceof OnnxError || error instanceof MemoryError || !(error instanceof FoveaError))
      throw error;
    throw new OnnxError(place, error.message, { cause: error });
  }
}

function runFunction(
  body: OnnxFunction,
  node: OnnxNode,
  inputs: readonly (Value | undefined)[],
  given: ReadonlyMap<string, OnnxAttribute>,
  surroundings: Surroundings,
): readonly (Value | undefined)[] {
  const place = { file: surroundings.file.file, opType: node.opType, node: node.name };
  if (surroundings.calls.includes(body)) throw new OnnxError(place, "the function calls itself");
  const values = new Map<string, Value>();
  body.inputs.forEach((name, i) => {
    const input = inputs[i];
    if (input) values.set(name, input);
  });
  const inner: Surroundings = {
    ...surroundings,
    opsets: body.opsets,
    attributes: new Map([...body.defaults, ...given]),
    calls: [...surroundings.calls, body],
  };
  const scope = { values, outer: undefined };
  for (const each of body.nodes) runNode(each, scope, inner);
  return body.outputs.map((name) => values.get(name));
}

/** A node's attributes with those that a function's call gives put in. */
function resolved(node: OnnxNode, { attributes }: Surroundings): ReadonlyMap<string, OnnxAttribute> {
  if (![...node.attributes.values()].some(({ kind }) => kind === "reference")) return node.attributes;
  const found = new Map<string, OnnxAttribute>();
  for (const [name, attribute] of node.attributes) {
    const value = attribute.kind === "reference" ? attributes.get(attribute.value) : attribute;
    if (value) found.set(name, value);
  }
  return found;
}
