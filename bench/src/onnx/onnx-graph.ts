import { Message } from "./protobuf.ts";

// Field numbers are those of onnx.proto3, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.

export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

/** A tensor's shape and its row-major, little-endian elements. */
export interface Initializer {
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** A model's file and the file beside it with its large initial values, both in pieces. */
export interface OnnxFiles {
  readonly model: readonly Uint8Array[];
  readonly data: readonly Uint8Array[];
}

const elementType = { float32: 1, int64: 7 } as const;

/** Initial values of at least so many bytes lie in the file beside the model. */
const externalFrom = 1024;

/** Collects the nodes and initial values of an ONNX graph, and writes the model. */
export class OnnxGraph {
  readonly #dataFile: string;
  readonly #graph: Message = new Message();
  readonly #constants = new Set<string>();
  readonly #data: Uint8Array[] = [];
  #dataLength = 0;

  /** @param dataFile the name of the file beside the model. */
  constructor(dataFile: string) {
    this.#dataFile = dataFile;
  }

  node(
    opType: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): void {
    const node = new Message();
    for (const input of inputs) node.string(1, input);
    node.string(2, output).string(3, output).string(4, opType);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attribute(name, value));
    this.#graph.message(1, node);
  }

  initializer(name: string, { dims, data }: Initializer): void {
    const tensor = new Message();
    for (const extent of dims) tensor.int(1, extent);
    tensor.int(2, data instanceof Float32Array ? elementType.float32 : elementType.int64).string(8, name);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (bytes.byteLength < externalFrom) tensor.bytes(9, [bytes]);
    else this.#storeOutside(tensor, bytes);
    this.#graph.message(5, tensor);
  }

  #storeOutside(tensor: Message, bytes: Uint8Array): void {
    const place = { location: this.#dataFile, offset: this.#dataLength, length: bytes.byteLength };
    for (const [key, value] of Object.entries(place)) {
      tensor.message(13, new Message().string(1, key).string(2, String(value)));
    }
    tensor.int(14, 1);
    this.#data.push(bytes);
    this.#dataLength += bytes.byteLength;
  }

  /** The name of a constant; equal ones are written once. */
  constant(name: string, value: Initializer): string {
    if (!this.#constants.has(name)) this.initializer(name, value);
    this.#constants.add(name);
    return name;
  }

  input(name: string, shape: readonly number[]): void {
    this.#graph.message(11, floatTensor(name, shape));
  }

  output(name: string, shape: readonly number[]): void {
    this.#graph.message(12, floatTensor(name, shape));
  }

  finish(name: string): OnnxFiles {
    // Opset 20 is the first with Gelu as one operator; it came with version 9 of the intermediate representation.
    const opset = new Message().string(1, "").int(2, 20);
    const model = new Message().int(1, 9).string(2, "fovea-bench");
    model.message(7, this.#graph.string(2, name)).message(8, opset);
    return { model: model.pieces, data: this.#data };
  }
}

function attribute(name: string, value: OnnxAttribute): Message {
  const message = new Message().string(1, name);
  if (typeof value === "number") return message.int(3, value).int(20, 2);
  if (typeof value === "string") return message.string(4, value).int(20, 3);
  if ("float" in value) return message.float(2, value.float).int(20, 1);
  for (const item of value) message.int(8, item);
  return message.int(20, 7);
}

function floatTensor(name: string, shape: readonly number[]): Message {
  const dims = new Message();
  for (const extent of shape) dims.message(1, new Message().int(1, extent));
  const tensor = new Message().int(1, elementType.float32).message(2, dims);
  return new Message().string(1, name).message(2, new Message().message(1, tensor));
}
