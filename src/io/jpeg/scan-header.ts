import type { ByteReader } from "../byte-reader.ts";
import type { JpegComponent, JpegFrame } from "./frame.ts";
import type { HuffmanTable } from "./huffman-table.ts";

/** One component in a scan. */
export interface ScanPart {
  readonly component: JpegComponent;
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
  /** The first coefficient of the block before, from which the next one's is told. */
  predictor: number;
}

/** What a scan holds (T.81, B.2.3). */
export interface JpegScan {
  readonly parts: readonly ScanPart[];
  /** Coefficients `first` to `last` in the file's order. */
  readonly first: number;
  readonly last: number;
  /** The bit down to which an earlier scan told the coefficients, 0 for none, and that down to which this one does. */
  readonly high: number;
  readonly low: number;
}

/** Tables by number, as far as the file has told them. */
export interface HuffmanTables {
  readonly dc: readonly (HuffmanTable | undefined)[];
  readonly ac: readonly (HuffmanTable | undefined)[];
}

/** Reads a scan header. @throws FileError if it does not fit the frame, or a table is missing. */
export function readScanHeader(segment: ByteReader, frame: JpegFrame, tables: HuffmanTables): JpegScan {
  const at = segment.offset;
  const fail = (problem: string) => segment.error(`the scan header: ${problem}`, at);
  const count = segment.left > 0 ? segment.u8("the number of components") : 0;
  if (count < 1 || count > 4 || segment.left !== 2 * count + 3) {
    throw fail(`has ${segment.left} bytes for ${count} components`);
  }
  const chosen = Array.from({ length: count }, () => {
    const id = segment.u8("a component");
    const numbers = segment.u8("a component");
    const component = frame.components.find((each) => each.id === id);
    if (!component) throw fail(`the frame has no component ${id}`);
    return { component, dc: numbers >> 4, ac: numbers & 15 };
  });
  if (new Set(chosen.map(({ component }) => component)).size < count) throw fail("has a component twice");
  const unit = chosen.reduce((sum, { component }) => sum + component.across * component.down, 0);
  if (count > 1 && unit > 10) throw fail(`a unit has ${unit} blocks, 10 at most are allowed`);

  const spectrum = { first: segment.u8("the first"), last: segment.u8("the last") };
  const bits = segment.u8("the bits");
  const { first, last, high, low } = frame.progressive
    ? { ...spectrum, high: bits >> 4, low: bits & 15 }
    : { first: 0, last: 63, high: 0, low: 0 };
  if (frame.progressive) {
    const ordered = first === 0 ? last === 0 : first <= last && last <= 63;
    if (!ordered || (first > 0 && count > 1))
      throw fail(`coefficients ${first} to ${last} of ${count} components`);
    if (low > 13 || (high > 0 && high !== low + 1)) throw fail(`bits ${high} to ${low}`);
  }
  const needsDc = first === 0 && high === 0;
  const needsAc = last > 0;
  const parts = chosen.map(({ component, dc, ac }): ScanPart => {
    if (needsDc && !tables.dc[dc]) throw fail(`Huffman table DC ${dc} is missing`);
    if (needsAc && !tables.ac[ac]) throw fail(`Huffman table AC ${ac} is missing`);
    return { component, dc: tables.dc[dc], ac: tables.ac[ac], predictor: 0 };
  });
  return { parts, first, last, high, low };
}
