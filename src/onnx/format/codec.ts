import { decodeMessage as decode } from "../../io/protobuf/decode-message.ts";
import { type Draft, encodeMessage as encode } from "../../io/protobuf/encode-message.ts";
import type { MessageName, Messages } from "./messages.ts";
import { schema } from "./schema.ts";

/** Reads one message of an ONNX file. @throws FileError that names the field on the way to which the file is broken. */
export function decodeMessage<N extends MessageName>(name: N, bytes: Uint8Array, file: string): Messages[N] {
  return decode(schema, name, bytes, file) as Messages[N];
}

/** Writes one message of an ONNX file, in pieces of which long ones are the caller's own memory. */
export function encodeMessage<N extends MessageName>(name: N, message: Draft<Messages[N]>): Uint8Array[] {
  return encode(schema, name, message as object);
}
