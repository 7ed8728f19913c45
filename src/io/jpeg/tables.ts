import type { ByteReader } from "../byte-reader.ts";
import type { JpegComponent } from "./frame.ts";
import { buildHuffmanTable, type HuffmanTable } from "./huffman-table.ts";
import type { HuffmanTables } from "./scan-header.ts";
import { zigzag } from "./zigzag.ts";

/** What segments between the scans set up, for all scans that follow. */
export class JpegTables implements HuffmanTables {
  readonly dc: (HuffmanTable | undefined)[] = [];
  readonly ac: (HuffmanTable | undefined)[] = [];
  /** Units from one restart marker to the next; 0 where there are none. */
  restartInterval = 0;
  readonly #steps: (Uint16Array | undefined)[] = [];

  /** Takes in the segment of a marker, if it is one of tables. */
  read(marker: number, segment: ByteReader): void {
    if (marker === 0xc4) this.#readHuffman(segment);
    else if (marker === 0xdb) this.#readQuantization(segment);
    else if (marker === 0xdd) {
      if (segment.left !== 2) throw segment.error(`the restart interval has ${segment.left} bytes`);
      this.restartInterval = segment.u16("the restart interval", false);
    } else if (marker === 0xcc) throw segment.error("arithmetic coding is not supported");
  }

  /** A component's quantization steps as they are now. */
  stepsFor({ id, quantization }: JpegComponent, segment: ByteReader): Uint16Array {
    const steps = this.#steps[quantization];
    if (steps) return steps;
    throw segment.error(`quantization table ${quantization} of component ${id} is missing`);
  }

  /** T.81, B.2.4.1 */
  #readQuantization(segment: ByteReader): void {
    while (segment.left > 0) {
      const [wide, number] = this.#header(segment, "quantization table");
      if (segment.left < (wide ? 128 : 64)) throw segment.error(`quantization table ${number} is cut off`);
      const steps = new Uint16Array(64);
      for (const place of zigzag) steps[place] = wide ? segment.u16("a step", false) : segment.u8("a step");
      this.#steps[number] = steps;
    }
  }

  /** T.81, B.2.4.2 */
  #readHuffman(segment: ByteReader): void {
    while (segment.left > 0) {
      const at = segment.offset;
      const [isAc, number] = this.#header(segment, "Huffman table");
      const name = `Huffman table ${isAc ? "AC" : "DC"} ${number}`;
      if (segment.left < 16) throw segment.error(`${name} is cut off`);
      const counts = segment.take(16, name);
      const length = counts.reduce((a, b) => a + b, 0);
      if (length > 256 || segment.left < length) throw segment.error(`${name} has ${length} symbols`);
      const symbols = segment.take(length, name);
      if (!isAc && symbols.some((size) => size > 15)) throw segment.error(`${name} has sizes over 15`, at);
      const table = buildHuffmanTable(counts, symbols);
      if (!table) throw segment.error(`${name} has more codes than there can be`, at);
      (isAc ? this.ac : this.dc)[number] = table;
    }
  }

  /** A byte of two numbers, the first 0 or 1 and the second 0 to 3. */
  #header(segment: ByteReader, what: string): [high: boolean, number: number] {
    const at = segment.offset;
    const byte = segment.u8(what);
    if (byte >> 4 > 1 || (byte & 15) > 3)
      throw segment.error(`there is no ${what} ${byte >> 4}/${byte & 15}`, at);
    return [byte >> 4 === 1, byte & 15];
  }
}
