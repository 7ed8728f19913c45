import type { FieldSchema, ScalarKind, Schema } from "./schema.ts";
import { wireType } from "./wire.ts";

/** A message to be written: any field may be missing, also a repeated one. */
export type Draft<T> = T extends ArrayLike<number> | ArrayLike<bigint> | string
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Draft<Item>[]
    : T extends object
      ? { readonly [K in keyof T]?: Draft<NonNullable<T[K]>> | undefined }
      : T;

/** Payloads of at least so many bytes are not copied. */
const longPayload = 256;

/**
 * Writes one message in protobuf's wire format, protobuf.dev/programming-guides/encoding.
 *
 * @returns the bytes in pieces: long payloads, such as weights, are the caller's own memory and not a copy.
 */
export function encodeMessage<Name extends string>(
  schema: Schema<Name>,
  name: Name,
  message: object,
): Uint8Array[] {
  const writer = new Writer();
  new Encoder(schema).fields(writer, name, message as Fields);
  return writer.pieces();
}

export function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((total, piece) => total + piece.length, 0);
}

type Fields = Readonly<Record<string, unknown>>;

class Encoder {
  readonly #schema: Schema;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  fields(writer: Writer, name: string, message: Fields): void {
    for (const [number, field] of this.#schema[name]!) {
      const value = message[field.key];
      if (value === undefined) continue;
      if (!field.repeated) this.#field(writer, number, field, value);
      else if (this.#isNumeric(field))
        writePacked(writer, number, field.kind, value as ArrayLike<number | bigint>);
      else for (const item of value as readonly unknown[]) this.#field(writer, number, field, item);
    }
  }

  #isNumeric(field: FieldSchema): field is FieldSchema & { readonly kind: ScalarKind } {
    return !(field.kind in this.#schema || field.kind === "text" || field.kind === "bytes");
  }

  #field(writer: Writer, number: number, { kind }: FieldSchema, value: unknown): void {
    if (kind in this.#schema) {
      const inner = new Writer();
      this.fields(inner, kind, value as Fields);
      writer.tag(number, wireType.delimited);
      writer.varint(inner.length);
      writer.append(inner);
    } else if (kind === "text" || kind === "bytes") {
      const bytes = kind === "text" ? new TextEncoder().encode(value as string) : (value as Uint8Array);
      writer.tag(number, wireType.delimited);
      writer.varint(bytes.length);
      writer.bytes(bytes);
    } else {
      writer.tag(number, numericWire(kind as ScalarKind));
      writeNumber(writer, kind as ScalarKind, value as number | bigint);
    }
  }
}

function numericWire(kind: ScalarKind): number {
  if (kind === "float") return wireType.fixed32;
  return kind === "double" ? wireType.fixed64 : wireType.varint;
}

function writeNumber(writer: Writer, kind: ScalarKind, value: number | bigint): void {
  if (kind === "float") writer.bytes(littleEndian(4, (view) => view.setFloat32(0, Number(value), true)));
  else if (kind === "double")
    writer.bytes(littleEndian(8, (view) => view.setFloat64(0, Number(value), true)));
  else writer.varint(value);
}

function littleEndian(size: number, set: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  set(new DataView(bytes.buffer));
  return bytes;
}

/** Numbers one after the other behind one length; nothing where there are none. */
function writePacked(
  writer: Writer,
  number: number,
  kind: ScalarKind,
  values: ArrayLike<number | bigint>,
): void {
  if (values.length === 0) return;
  const inner = new Writer();
  for (let i = 0; i < values.length; i++) writeNumber(inner, kind, values[i]!);
  writer.tag(number, wireType.delimited);
  writer.varint(inner.length);
  writer.append(inner);
}

class Writer {
  length = 0;
  readonly #done: Uint8Array[] = [];
  /** Bytes that are not in a piece yet. */
  #open: number[] = [];

  pieces(): Uint8Array[] {
    if (this.#open.length > 0) this.#done.push(Uint8Array.from(this.#open));
    this.#open = [];
    return this.#done;
  }

  tag(field: number, wire: number): void {
    this.varint(8 * field + wire);
  }

  /** Seven bits a byte, the lowest first; all bytes but the last have the highest bit set. Negative: 64 bits. */
  varint(value: number | bigint): void {
    if (value < 0 || typeof value === "bigint") {
      let bits = BigInt.asUintN(64, BigInt(value));
      for (; bits >= 128n; bits >>= 7n) this.#byte(Number(bits & 127n) + 128);
      this.#byte(Number(bits));
      return;
    }
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#byte((rest % 128) + 128);
    this.#byte(rest);
  }

  bytes(payload: Uint8Array): void {
    if (payload.length < longPayload) {
      for (const byte of payload) this.#open.push(byte);
    } else {
      this.pieces();
      this.#done.push(payload);
    }
    this.length += payload.length;
  }

  append(inner: Writer): void {
    for (const piece of inner.pieces()) this.bytes(piece);
  }

  #byte(value: number): void {
    this.#open.push(value);
    this.length++;
  }
}
