import { bytesOf, type HostTensor } from "../../io/host-tensor.ts";
import type { Draft } from "../../io/protobuf/encode-message.ts";
import { codeOf } from "./data-types.ts";
import type { TensorProto } from "./messages.ts";

/** Tensors of at least so many bytes go into the file beside the model, if there is one. */
const externalFrom = 1024;

/** Where a tensor begins in that file: a multiple of this. */
const alignment = 64;

/** The file beside a model that holds its large tensors. */
export class ExternalData {
  readonly location: string;
  readonly pieces: Uint8Array[] = [];
  #length = 0;

  /** @param location the file's name. */
  constructor(location: string) {
    this.location = location;
  }

  /** Appends a tensor's bytes. @returns where they begin. */
  append(bytes: Uint8Array): number {
    const gap = (alignment - (this.#length % alignment)) % alignment;
    if (gap > 0) this.pieces.push(new Uint8Array(gap));
    const offset = this.#length + gap;
    this.pieces.push(bytes);
    this.#length = offset + bytes.length;
    return offset;
  }
}

/** A tensor as a message; a large one only says where it lies in `external`, if that is given. */
export function tensorProto(name: string, tensor: HostTensor, external?: ExternalData): Draft<TensorProto> {
  const { dtype, shape } = tensor;
  const bytes = bytesOf(tensor);
  const head = { name, dims: shape, dataType: codeOf(dtype) };
  if (!external || bytes.length < externalFrom) return { ...head, rawData: bytes };
  const place = { location: external.location, offset: external.append(bytes), length: bytes.length };
  const externalData = Object.entries(place).map(([key, value]) => ({ key, value: String(value) }));
  return { ...head, externalData, dataLocation: 1 };
}
