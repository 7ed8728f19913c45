/** Codes of up to this many bits are found by one look into a table. */
export const lookupBits = 9;

/** The codes of one Huffman table, made for decoding (T.81, annexes C and F.2.2.3). */
export interface HuffmanTable {
  /** For the next `lookupBits` bits: 256 · length + symbol of the code that they begin with, 0 if it is longer. */
  readonly lookup: Uint16Array;
  /** The largest code of each length, −1 where there is none; index 17 holds an end that every code is below. */
  readonly largest: Int32Array;
  /** What to add to a code of each length for the index of its symbol. */
  readonly offset: Int32Array;
  readonly symbols: Uint8Array;
}

/**
 * Makes the codes of `counts[l − 1]` symbols with l bits each, which follow each other in order.
 *
 * @returns `undefined` if there are more codes of a length than fit.
 */
export function buildHuffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | undefined {
  const lookup = new Uint16Array(1 << lookupBits);
  const largest = new Int32Array(18).fill(-1);
  const offset = new Int32Array(18);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1]!;
    if (code + count > 1 << length) return undefined;
    offset[length] = index - code;
    for (let i = 0; i < count; i++, code++, index++) {
      if (length > lookupBits) continue;
      const first = code << (lookupBits - length);
      const end = (code + 1) << (lookupBits - length);
      lookup.fill((length << 8) | symbols[index]!, first, end);
    }
    if (count > 0) largest[length] = code - 1;
    code <<= 1;
  }
  largest[17] = 0xfffff;
  return { lookup, largest, offset, symbols };
}
