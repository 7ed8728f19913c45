import type { FileError } from "../../core/errors.ts";
import { elementsOf } from "../host-tensor.ts";
import type { FieldSchema, ScalarKind, Schema } from "./schema.ts";
import { type Tag, WireReader, wireType } from "./wire.ts";

/** Messages lie in each other at most this deep: graphs of control flow are the only ones that could go on. */
const deepest = 100;

const wireOf: Readonly<Record<ScalarKind, number>> = {
  int64: wireType.varint,
  bigint: wireType.varint,
  unsigned: wireType.varint,
  float: wireType.fixed32,
  double: wireType.fixed64,
  text: wireType.delimited,
  bytes: wireType.delimited,
};

/**
 * Reads one message; `bytes` fields are views of the file, and so are long lists of real numbers where they can be.
 *
 * Fields that the schema does not name are passed over, as protobuf asks for.
 *
 * @throws FileError that names the field on the way to which the file is broken.
 */
export function decodeMessage<Name extends string>(
  schema: Schema<Name>,
  name: Name,
  bytes: Uint8Array,
  file: string,
): unknown {
  return new Decoder(schema, new WireReader(bytes, file)).message(name);
}

type Fields = Record<string, unknown>;

/** A repeated field's values so far; a view of the file becomes an array once more values follow. */
function listIn(message: Fields, key: string): unknown[] {
  const list = message[key] as ArrayLike<unknown>;
  return Array.isArray(list) ? list : (message[key] = Array.from(list));
}

class Decoder {
  readonly #schema: Schema;
  readonly #wire: WireReader;
  readonly #path: string[] = [];

  constructor(schema: Schema, wire: WireReader) {
    this.#schema = schema;
    this.#wire = wire;
  }

  message(name: string): Fields {
    const wire = this.#wire;
    const fields = this.#schema[name]!;
    const message: Fields = {};
    for (const field of fields.values()) if (field.repeated) message[field.key] = [];
    while (!wire.done) {
      const at = wire.reader.offset;
      const tag = wire.tag();
      const field = fields.get(tag.field);
      if (!field) {
        wire.skip(tag, at);
        continue;
      }
      const list = field.repeated ? listIn(message, field.key) : undefined;
      this.#path.push(list ? `${field.key}[${list.length}]` : field.key);
      if (list && this.#packed(field, tag)) message[field.key] = this.#packedValues(field, list);
      else if (list) list.push(this.#value(field, tag, at));
      else message[field.key] = this.#value(field, tag, at);
      this.#path.pop();
    }
    return message;
  }

  #value(field: FieldSchema, { wire: found }: Tag, at: number): unknown {
    const { kind } = field;
    const expected = kind in this.#schema ? wireType.delimited : wireOf[kind as ScalarKind];
    if (found !== expected) throw this.#error(`has wire type ${found} instead of ${expected}`, at);
    return kind in this.#schema ? this.#inner(kind, at) : this.#scalar(kind as ScalarKind);
  }

  #scalar(kind: ScalarKind): number | bigint | string | Uint8Array {
    const wire = this.#wire;
    if (kind === "int64") return wire.int();
    if (kind === "bigint" || kind === "unsigned") return wire.bigint(kind === "bigint");
    if (kind === "float") return wire.float();
    if (kind === "double") return wire.double();
    return kind === "text" ? wire.text(this.#where()) : wire.bytes(this.#where());
  }

  #inner(name: string, at: number): Fields {
    if (this.#path.length > deepest) throw this.#error("lies too deep in other messages", at);
    const wire = this.#wire;
    const outer = wire.end;
    wire.end = wire.length(this.#where()) + wire.reader.offset;
    const message = this.message(name);
    wire.end = outer;
    return message;
  }

  /** Whether a repeated field's numbers come one after the other behind one length. */
  #packed({ kind }: FieldSchema, { wire: found }: Tag): boolean {
    if (found !== wireType.delimited || kind in this.#schema) return false;
    return wireOf[kind as ScalarKind] !== wireType.delimited;
  }

  #packedValues({ kind }: FieldSchema, before: unknown[]): ArrayLike<unknown> {
    const wire = this.#wire;
    const at = wire.reader.offset;
    if (kind === "float" || kind === "double") {
      const bytes = wire.bytes(this.#where());
      const size = kind === "float" ? 4 : 8;
      if (bytes.length % size !== 0)
        throw this.#error(`has ${bytes.length} bytes for numbers of ${size}`, at);
      const values = elementsOf(bytes, kind === "float" ? "float32" : "float64");
      return before.length === 0 ? values : [...before, ...values];
    }
    const outer = wire.end;
    wire.end = wire.length(this.#where()) + wire.reader.offset;
    while (!wire.done) before.push(this.#scalar(kind as ScalarKind));
    wire.end = outer;
    return before;
  }

  #where(): string {
    return this.#path.slice(-8).join(".");
  }

  #error(problem: string, at: number): FileError {
    return this.#wire.reader.error(`${this.#where()} ${problem}`, at);
  }
}
