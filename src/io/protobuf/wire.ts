import { ByteReader } from "../byte-reader.ts";

/** The wire types of protobuf; groups (3 and 4) are long gone. */
export const wireType = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

export interface Tag {
  readonly field: number;
  readonly wire: number;
}

const utf8: TextDecoder = new TextDecoder("utf-8", { fatal: true });

/** A cursor over protobuf's wire format: protobuf.dev/programming-guides/encoding. */
export class WireReader {
  readonly reader: ByteReader;
  /** Where the message that is being read ends. */
  end: number;
  /** The two halves of the varint that was read last. */
  #low = 0;
  #high = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.reader = new ByteReader(bytes, file);
    this.end = bytes.length;
  }

  get done(): boolean {
    return this.reader.offset >= this.end;
  }

  tag(): Tag {
    const at = this.reader.offset;
    this.#varint("a field's number");
    const field = this.#low >>> 3;
    if (this.#high !== 0 || field === 0) throw this.reader.error("no field has this number", at);
    return { field, wire: this.#low & 7 };
  }

  /** A signed integer, rounded where it is beyond 2^53. */
  int(): number {
    this.#varint("a number");
    return (this.#high | 0) * 2 ** 32 + (this.#low >>> 0);
  }

  /** All 64 bits of an integer. */
  bigint(signed: boolean): bigint {
    this.#varint("a number");
    const high = BigInt(signed ? this.#high | 0 : this.#high >>> 0);
    return (high << 32n) | BigInt(this.#low >>> 0);
  }

  float(): number {
    return this.#fixed(4).getFloat32(0, true);
  }

  double(): number {
    return this.#fixed(8).getFloat64(0, true);
  }

  /** The next length-prefixed bytes, as a view. */
  bytes(what: string): Uint8Array {
    return this.reader.take(this.length(what), what);
  }

  text(what: string): string {
    const at = this.reader.offset;
    const bytes = this.bytes(what);
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.reader.error(`${what} is no UTF-8 text`, at);
    }
  }

  /** A length prefix: the bytes that follow lie within the message. */
  length(what: string): number {
    const at = this.reader.offset;
    this.#varint(`the length of ${what}`);
    const length = this.#high * 2 ** 32 + (this.#low >>> 0);
    const left = this.end - this.reader.offset;
    if (this.#high < 0 || length > left) {
      throw this.reader.error(`${what} should take ${length} bytes, but ${left} follow`, at);
    }
    return length;
  }

  /** Passes over a field that nobody asks for. */
  skip({ field, wire }: Tag, at: number): void {
    const what = `field ${field}`;
    if (wire === wireType.varint) this.#varint(what);
    else if (wire === wireType.fixed64) this.#fixed(8);
    else if (wire === wireType.fixed32) this.#fixed(4);
    else if (wire === wireType.delimited) this.bytes(what);
    else throw this.reader.error(`${what} has the unknown wire type ${wire}`, at);
  }

  #fixed(size: number): DataView {
    if (this.end - this.reader.offset < size) throw this.reader.error("the message ends within a number");
    const { buffer, byteOffset } = this.reader.take(size, "a number");
    return new DataView(buffer, byteOffset, size);
  }

  #varint(what: string): void {
    const { reader } = this;
    const start = reader.offset;
    let [low, high] = [0, 0];
    for (let shift = 0; shift < 70; shift += 7) {
      if (reader.offset >= this.end) throw reader.error(`the message ends within ${what}`, start);
      const byte = reader.bytes[reader.offset++]!;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) [low, high] = [low | (bits << 28), bits >>> 4];
      else high |= shift < 63 ? bits << (shift - 32) : (bits & 1) << 31;
      if (byte < 0x80) {
        this.#low = low;
        this.#high = high;
        return;
      }
    }
    throw reader.error(`${what} has more than ten bytes`, start);
  }
}
