import type { DType } from "../../core/dtype.ts";
import type { HostTensor } from "../../io/host-tensor.ts";
import type { Draft } from "../../io/protobuf/encode-message.ts";
import { codeOf } from "../format/data-types.ts";
import type {
  AttributeProto,
  GraphProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from "../format/messages.ts";
import { type ExternalData, tensorProto } from "../format/write-tensor.ts";
import type { Dims, Extent } from "./batch-axis.ts";

/** An attribute: a whole number (or several), a text, a real number, or a tensor. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly tensor: HostTensor };

export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** A value of the graph by its name there. */
export interface OnnxValue {
  readonly name: string;
  readonly dims: Dims;
  readonly dtype: DType;
}

/** Collects the nodes and fixed values of an ONNX graph. */
export class OnnxGraph {
  readonly opset: number;
  /** What the names of new nodes begin with: the path of a layer, or nothing. */
  scope = "";
  readonly #nodes: Draft<NodeProto>[] = [];
  readonly #initializers: Draft<TensorProto>[] = [];
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  readonly #inner = new Map<string, OnnxValue>();
  readonly #constants = new Map<string, string>();
  readonly #names: Set<string>;
  readonly #external: ExternalData | undefined;
  #batchExtent: string | undefined;

  /**
   * @param names those of inputs, outputs and weights, which no other value may have.
   * @param external where large fixed values go, if not into the graph.
   */
  constructor(opset: number, names: Iterable<string>, external?: ExternalData) {
    this.opset = opset;
    this.#names = new Set(names);
    this.#external = external;
  }

  /** Adds an operator with one output, and gives that output's name. */
  add(opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = this.#unused(this.scope === "" ? opType : `${this.scope}/${opType}`);
    this.#addNode(opType, inputs, output, attributes);
    return output;
  }

  /**
   * Gives a result the name that was set apart for it; what has a name that others may know gets a second one.
   *
   * @returns `name`.
   */
  named(result: string, name: string, isKnown: boolean): string {
    const last = this.#nodes.at(-1);
    if (!isKnown && last?.outputs?.[0] === result) {
      this.#nodes[this.#nodes.length - 1] = { ...last, name, outputs: [name] };
    } else this.#addNode("Identity", [result], name, {});
    return name;
  }

  #addNode(opType: string, inputs: readonly string[], output: string, attributes: Attributes): void {
    const list = Object.entries(attributes).flatMap(([name, value]) => {
      return value === undefined ? [] : [attribute(name, value)];
    });
    this.#nodes.push({ name: output, opType, inputs, outputs: [output], attributes: list });
  }

  /** A tensor under its own name. */
  initializer(name: string, tensor: HostTensor): void {
    this.#initializers.push(tensorProto(name, tensor, this.#external));
  }

  /** The name of a fixed value; small equal ones are written once. */
  constant(tensor: HostTensor): string {
    const { dtype, shape, data } = tensor;
    const key = data.length > 64 ? undefined : `${dtype}[${shape.join()}](${keyOf(data)})`;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#unused("constant");
    if (key !== undefined) this.#constants.set(key, name);
    this.initializer(name, tensor);
    return name;
  }

  /** A vector of whole numbers, as operators take axes, widths and shapes. */
  int64s(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.constant({ dtype: "int64", shape: [values.length], data });
  }

  scalar(value: number, dtype: DType): string {
    return this.constant(hostTensor([value], [], dtype));
  }

  /** A shape as a vector. */
  shape(dims: Dims): string {
    if (dims.every((extent) => typeof extent === "number")) return this.int64s(dims);
    return this.add(
      "Concat",
      dims.map((extent) =>
        typeof extent === "number" ? this.int64s([extent]) : this.batches(extent.batches),
      ),
      { axis: 0 },
    );
  }

  /** `x` under another shape. */
  reshape(x: string, dims: Dims): string {
    const free = dims.filter((extent) => typeof extent !== "number").length;
    if (free > 1) return this.add("Reshape", [x, this.shape(dims)]);
    const extents = dims.map((extent) => (typeof extent === "number" ? extent : -1));
    const empty = extents.includes(0) && free === 0;
    return this.add("Reshape", [x, this.int64s(extents)], { allowzero: empty ? 1 : undefined });
  }

  /** `x` in another element type. */
  cast(x: string, dtype: DType | "float16" | "int64"): string {
    return this.add("Cast", [x], { to: codeOf(dtype) });
  }

  /** A multiple of the batch's size as a vector of one element. */
  batches(times: number): string {
    const first = this.#inputs.find(({ dims }) => typeof dims[0] === "object")!;
    this.#batchExtent ??= this.add("Shape", [first.name], { start: 0, end: 1 });
    return times === 1 ? this.#batchExtent : this.add("Mul", [this.#batchExtent, this.int64s([times])]);
  }

  input(value: OnnxValue): void {
    this.#inputs.push(value);
  }

  output(value: OnnxValue): void {
    this.#outputs.push(value);
  }

  /** Says what a value between inputs and outputs is like. */
  describe(value: OnnxValue): void {
    if (this.#nodes.at(-1)?.outputs?.[0] === value.name) this.#inner.set(value.name, value);
  }

  finish(name: string): Draft<GraphProto> {
    return {
      name,
      nodes: this.#nodes,
      initializers: this.#initializers,
      inputs: this.#inputs.map(valueInfo),
      outputs: this.#outputs.map(valueInfo),
      valueInfos: [...this.#inner.values()].map(valueInfo),
    };
  }

  #unused(base: string): string {
    let name = base;
    for (let n = 1; this.#names.has(name); n++) name = `${base}_${n}`;
    this.#names.add(name);
    return name;
  }
}

/** Numbers as the elements of a tensor that a file can hold. */
export function hostTensor(values: ArrayLike<number>, shape: readonly number[], dtype: DType): HostTensor {
  if (dtype === "float32") return { dtype, shape, data: Float32Array.from(values) };
  if (dtype === "float64") return { dtype, shape, data: Float64Array.from(values) };
  if (dtype === "int32") return { dtype, shape, data: Int32Array.from(values) };
  return { dtype, shape, data: Uint8Array.from(values) };
}

function keyOf(data: HostTensor["data"]): string {
  return Array.from(data as ArrayLike<number | bigint>, (value) =>
    Object.is(value, -0) ? "-0" : String(value),
  ).join();
}

/** The numbers of AttributeProto.AttributeType. */
const attributeType = { float: 1, int: 2, string: 3, tensor: 4, ints: 7 } as const;

function attribute(name: string, value: AttributeValue): Draft<AttributeProto> {
  if (typeof value === "number") return { name, i: value, type: attributeType.int };
  if (typeof value === "string") {
    return { name, s: new TextEncoder().encode(value), type: attributeType.string };
  }
  if ("float" in value) return { name, f: value.float, type: attributeType.float };
  if ("tensor" in value) return { name, t: tensorProto("", value.tensor), type: attributeType.tensor };
  return { name, ints: value, type: attributeType.ints };
}

function valueInfo({ name, dims, dtype }: OnnxValue): Draft<ValueInfoProto> {
  const shape = { dims: dims.map(dimension) };
  return { name, type: { tensorType: { elementType: codeOf(dtype), shape } } };
}

function dimension(extent: Extent): { value: number } | { param: string } {
  if (typeof extent === "number") return { value: extent };
  return { param: extent.batches === 1 ? "batch" : `${extent.batches}*batch` };
}
