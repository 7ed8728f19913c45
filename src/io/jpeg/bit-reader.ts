import { FileError } from "../../core/errors.ts";
import { type HuffmanTable, lookupBits } from "./huffman-table.ts";

/** Reads the bits of entropy-coded data, up to the next marker (T.81, annex F.2.2.5). */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #file: string;
  /** The first byte that was not taken; at the end of the data that of a marker, or the end of the file. */
  offset: number;
  /** The last `#count` bits are those to come. */
  #bits = 0;
  #count = 0;
  /** How many of the bits are zeros that stand for what lies behind the data's end. */
  #padding = 0;

  constructor(bytes: Uint8Array, file: string, offset: number) {
    this.#bytes = bytes;
    this.#file = file;
    this.offset = offset;
  }

  error(problem: string): FileError {
    return new FileError(this.#file, problem, Math.min(this.offset, this.#bytes.length));
  }

  /** The symbol of the code that comes next. @throws FileError if it is no code of the table. */
  symbol({ lookup, largest, offset, symbols }: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const entry = lookup[(this.#bits >>> (this.#count - lookupBits)) & ((1 << lookupBits) - 1)]!;
    if (entry !== 0) {
      this.#count -= entry >> 8;
      return entry & 0xff;
    }
    const next = (this.#bits >>> (this.#count - 16)) & 0xffff;
    let length = lookupBits + 1;
    while (next >> (16 - length) > largest[length]!) length++;
    if (length > 16) throw this.error("bits that are no code of the Huffman table");
    this.#count -= length;
    return symbols[offset[length]! + (next >> (16 - length))]!;
  }

  /** An unsigned number of `length` ≤ 16 bits. */
  bits(length: number): number {
    if (this.#count < length) this.#fill();
    this.#count -= length;
    return (this.#bits >>> this.#count) & ((1 << length) - 1);
  }

  bit(): number {
    if (this.#count < 1) this.#fill();
    this.#count--;
    return (this.#bits >>> this.#count) & 1;
  }

  /** A number of 1 ≤ `length` ≤ 16 bits whose first bit tells its sign: 0 for negative (T.81, figure F.12). */
  signed(length: number): number {
    const value = this.bits(length);
    return value < 1 << (length - 1) ? value + 1 - (1 << length) : value;
  }

  /** @throws FileError if more bits were taken than there are. */
  check(): void {
    if (this.#count < this.#padding) throw this.#shortage();
  }

  /** Goes on behind the marker RST`expected`, at the start of a byte. @throws FileError if another thing is there. */
  restart(expected: number): void {
    this.check();
    const bytes = this.#bytes;
    while (bytes[this.offset] === 0xff && bytes[this.offset + 1] === 0xff) this.offset++;
    if (bytes[this.offset] !== 0xff || bytes[this.offset + 1] !== 0xd0 + expected) {
      throw this.offset >= bytes.length
        ? this.#shortage()
        : this.error(`no restart marker ${expected} where it is due`);
    }
    this.offset += 2;
    this.#bits = this.#count = this.#padding = 0;
  }

  #shortage(): FileError {
    const ends = this.offset >= this.#bytes.length;
    return this.error(
      `${ends ? "the file ends" : "a marker comes"} before the data of all blocks: the image is cut off or damaged`,
    );
  }

  /** Takes bytes until more than 24 bits are there. */
  #fill(): void {
    const bytes = this.#bytes;
    while (this.#count <= 24) {
      let byte = bytes[this.offset];
      if (byte === undefined || (byte === 0xff && bytes[this.offset + 1] !== 0)) {
        byte = 0;
        this.#padding += 8;
      } else {
        // A zero is stuffed behind each byte that could begin a marker.
        this.offset += byte === 0xff ? 2 : 1;
      }
      this.#bits = (this.#bits << 8) | byte;
      this.#count += 8;
    }
  }
}
