import { FileError } from "../core/errors.ts";

/** A cursor over the bytes of a file that never reads past their end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly file: string;
  offset: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, file: string, offset = 0) {
    this.bytes = bytes;
    this.file = file;
    this.offset = offset;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.offset;
  }

  /** The next `length` bytes, as a view. @throws FileError if the file ends before. */
  take(length: number, what: string): Uint8Array {
    const start = this.#advance(length, what);
    return this.bytes.subarray(start, start + length);
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#advance(1, what));
  }

  u16(what: string, littleEndian: boolean): number {
    return this.#view.getUint16(this.#advance(2, what), littleEndian);
  }

  u32(what: string, littleEndian: boolean): number {
    return this.#view.getUint32(this.#advance(4, what), littleEndian);
  }

  error(problem: string, offset: number = this.offset): FileError {
    return new FileError(this.file, problem, offset);
  }

  #advance(length: number, what: string): number {
    if (length > this.left) {
      throw this.error(`the file ends within ${what}, which takes ${length} bytes, ${this.left} are left`);
    }
    const start = this.offset;
    this.offset += length;
    return start;
  }
}

/** Whether `bytes` hold exactly `signature` at `offset`. */
export function hasSignature(bytes: Uint8Array, signature: readonly number[], offset = 0): boolean {
  return signature.every((byte, i) => bytes[offset + i] === byte);
}

/** The parts one after the other in one array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Text from a file as an error message may show it: quoted, escaped, and cut if long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
