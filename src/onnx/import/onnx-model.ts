import { isFloating } from "../../core/dtype.ts";
import { ArgumentError, ShapeError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { Variable } from "../../core/variable.ts";
import { type Member, Module } from "../../nn/module.ts";
import { Parameter } from "../../nn/parameter.ts";
import { cast } from "../../ops/index.ts";
import { isReal } from "../format/data-types.ts";
import type { OnnxTensor } from "../format/read-tensor.ts";
import { initializerRoles } from "./initializer-roles.ts";
import { type OnnxLayer, onnxLayers } from "./onnx-layer.ts";
import type { OnnxNode, OnnxValueInfo } from "./parse-graph.ts";
import type { OnnxFile } from "./parse-onnx.ts";
import { runModel } from "./run-graph.ts";
import { computeType, Value } from "./value.ts";
import { narrowed } from "./wrap.ts";

/**
 * A network read from an ONNX file: its graph, computed by Fovea's operations.
 *
 * Real weights are parameters under their names in the file, so that the network can be trained further; running
 * statistics are buffers; whole numbers and scalars stay constants. It is in evaluation mode at first, as files mean
 * it; `train()` turns on dropout and the batch's own statistics.
 */
export class OnnxModel extends Module {
  /** What the graph takes, initializers left out. */
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly #file: OnnxFile;
  readonly #variables: Map<string, Variable> = new Map();
  readonly #constants: Map<string, Value> = new Map();
  readonly #layers: ReadonlyMap<OnnxNode, { readonly name: string; readonly layer: OnnxLayer }>;

  constructor(file: OnnxFile) {
    super();
    this.#file = file;
    const { inputs, outputs, initializers } = file.graph;
    this.inputs = inputs.filter((input) => !initializers.has(input.name));
    this.outputs = outputs;
    const roles = initializerRoles(file.graph);
    for (const [name, tensor] of initializers) {
      const role = roles.get(name) ?? "constant";
      if (!computeType(tensor.type)) this.#constants.set(name, Value.unsupported(tensor.type));
      else if (role === "constant") this.#constants.set(name, Value.ofConstant(tensor));
      else this.#variables.set(name, variableOf(tensor, role));
    }
    this.#layers = onnxLayers(file.graph, this.#variables);
    this.eval();
  }

  override *members(): Iterable<readonly [name: string, member: Member]> {
    yield* this.#variables;
  }

  /** The network and the nodes of its graph, which analyses see as its layers. */
  override namedModules(): Map<string, Module> {
    return new Map<string, Module>([
      ["", this],
      ...[...this.#layers.values()].map(({ name, layer }) => [name, layer] as const),
    ]);
  }

  /** The only output for the only input. */
  override forward(x: Tensor): Tensor {
    const [[input, ...moreInputs], [output, ...moreOutputs]] = [this.inputs, this.outputs];
    if (!input || !output || moreInputs.length + moreOutputs.length > 0) {
      const problem = `has ${this.inputs.length} inputs and ${this.outputs.length} outputs`;
      throw new ArgumentError(`${this.#file.file}: the network ${problem}: use run`);
    }
    return this.run({ [input.name]: x })[output.name]!;
  }

  /**
   * All outputs by name, for inputs by name.
   *
   * Inputs that decide about shapes must hold given values; in a compiled function those can only be constants.
   *
   * @throws ArgumentError for an input that is missing or unknown; ShapeError for one whose shape is not the file's (the
   * first extent, which is the batch's, may differ); OnnxError for what cannot be computed.
   */
  run(inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    const { file, graph } = this.#file;
    const values = new Map<string, Value>(this.#constants);
    for (const [name, variable] of this.#variables) {
      values.set(name, Value.ofVariable(variable, graph.initializers.get(name)!.type));
    }
    const given = new Map(Object.entries(inputs));
    for (const info of this.inputs) {
      const x = given.get(info.name);
      if (!x) throw new ArgumentError(`${file}: the input "${info.name}" is missing`);
      values.set(info.name, inputValue(file, info, x));
    }
    for (const [name, x] of given) {
      const info = graph.inputs.find((each) => each.name === name);
      if (!info) throw new ArgumentError(`${file}: there is no input "${name}"`);
      values.set(name, inputValue(file, info, x));
    }
    const results = runModel(this.#file, values, {
      training: () => this.training,
      batchFactor: batchFactor(this.inputs, values),
      observe: (node, operands, made) => this.#layers.get(node)?.layer.report(operands, made),
    });
    return Object.fromEntries(this.outputs.map(({ name }, i) => [name, outputTensor(results[i]!)]));
  }

  protected override settings(): string {
    const list = (infos: readonly OnnxValueInfo[]): string =>
      infos.map(({ name, shape }) => `${name} [${shape?.map((n) => n ?? "?").join(", ") ?? "…"}]`).join(", ");
    return `${list(this.inputs)} → ${list(this.outputs)}`;
  }
}

/** How many times the batch that all inputs declare the given one is; 1 where they do not agree. */
function batchFactor(inputs: readonly OnnxValueInfo[], values: ReadonlyMap<string, Value>): number {
  const factors = inputs.map(({ name, shape }) => values.get(name)!.shape[0]! / Number(shape?.[0]));
  return factors.every((factor) => factor === factors[0] && Number.isInteger(factor)) ? (factors[0] ?? 1) : 1;
}

function variableOf(tensor: OnnxTensor, role: "parameter" | "buffer"): Variable {
  const value = Value.ofConstant(tensor).tensor;
  return role === "parameter" ? new Parameter(value) : new Variable(value, { trainable: false });
}

function inputValue(file: string, { name, type, shape }: OnnxValueInfo, x: Tensor): Value {
  const dtype = type && computeType(type);
  if (!type || !dtype)
    throw new ArgumentError(`${file}: the input "${name}" of ${type ?? "no tensor"} is not supported`);
  const fits =
    !shape ||
    (shape.length === x.rank &&
      shape.every((n, axis) => axis === 0 || typeof n !== "number" || n === x.shape[axis]));
  if (!fits) {
    const declared = shape.map((n) => n ?? "?").join(", ");
    throw new ShapeError(file, `the input "${name}" has another shape than the file says`, {
      x: x.shape,
      declared: `[${declared}]`,
    });
  }
  if (isFloating(x.dtype) !== isReal(type)) {
    throw new ShapeError(file, `the input "${name}" has elements of another kind than ${type}`, {
      x: x.toString(),
    });
  }
  return Value.of(isFloating(x.dtype) ? x : cast(x, dtype), type);
}

/** Half precision is rounded; bytes are bytes again. */
function outputTensor({ tensor, type }: Value): Tensor {
  if (type === "uint8") return cast(tensor, "uint8");
  return type === "float16" || type === "bfloat16" ? narrowed(tensor, type).tensor : tensor;
}
