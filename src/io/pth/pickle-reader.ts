import { ByteReader, quoted } from "../byte-reader.ts";
import { takeU64 } from "../zip-end.ts";

/** No number in a checkpoint is longer; longer ones would only cost time. */
const longestInteger = 1024;

/** Reads the arguments of pickle's instructions. */
export class PickleReader extends ByteReader {
  i32(what: string): number {
    return this.u32(what, true) | 0;
  }

  f64(what: string): number {
    const bytes = this.take(8, what);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
  }

  u64(what: string): number {
    return takeU64(this, what);
  }

  utf8(length: number, what: string): string {
    const at = this.offset;
    try {
      // Pickle writes half surrogate pairs as three bytes each, which are no UTF-8.
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(length, what));
    } catch (cause) {
      if (cause instanceof TypeError) throw this.error(`${what} is not UTF-8`, at);
      throw cause;
    }
  }

  latin1(length: number, what: string): string {
    let text = "";
    for (const byte of this.take(length, what)) text += String.fromCharCode(byte);
    return text;
  }

  /** The characters before the next line feed, which is read too. */
  line(what: string): string {
    const end = this.bytes.indexOf(0x0a, this.offset);
    const length = (end < 0 ? this.bytes.length + 1 : end) - this.offset;
    const text = this.utf8(length, what);
    this.offset++;
    return text;
  }

  /** A decimal integer and a line feed; `L` may stand between them. */
  decimal(what: string): number | bigint {
    const at = this.offset;
    const text = this.line(what).replace(/L$/, "");
    if (text.length > longestInteger || !/^[-+]?\d+$/.test(text)) {
      throw this.error(`${what} is ${quoted(text)}, not an integer`, at);
    }
    return narrowed(BigInt(text.replace(/^\+/, "")));
  }

  /** A float as Python's repr writes it, and a line feed. */
  decimalFloat(what: string): number {
    const at = this.offset;
    const text = this.line(what);
    const special = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY }[
      text
    ];
    if (special !== undefined) return special;
    const value = Number(text);
    if (text.trim() === "" || Number.isNaN(value))
      throw this.error(`${what} is ${quoted(text)}, not a number`, at);
    return value;
  }

  /** A two's complement integer of `length` bytes, the lowest first. */
  long(length: number, what: string): number | bigint {
    const at = this.offset;
    const bytes = this.take(length, what);
    if (length > longestInteger) throw this.error(`${what} has ${length} bytes`, at);
    let value = 0n;
    for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
    return narrowed(BigInt.asIntN(8 * length, value));
  }
}

function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
