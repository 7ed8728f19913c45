import { ByteReader, concatBytes } from "../byte-reader.ts";
import { crc32c } from "../crc32.ts";

/** One record of a TFRecord file: its length (64 bits), a checksum of that, the bytes, and a checksum of them. */
export function encodeRecord(...parts: readonly Uint8Array[]): Uint8Array {
  const head = new Uint8Array(12);
  const view = new DataView(head.buffer);
  const length = parts.reduce((total, part) => total + part.length, 0);
  view.setUint32(0, length % 2 ** 32, true);
  view.setUint32(4, Math.floor(length / 2 ** 32), true);
  view.setUint32(8, maskedCrc(head.subarray(0, 8)), true);
  const tail = new Uint8Array(4);
  new DataView(tail.buffer).setUint32(0, maskedCrc(...parts), true);
  return concatBytes([head, ...parts, tail]);
}

export interface TFRecord {
  /** A view of the file. */
  readonly bytes: Uint8Array;
  /** Where the bytes lie in the file. */
  readonly offset: number;
}

/** The records of a TFRecord file. @throws FileError if a checksum is wrong or the file ends within a record. */
export function* readRecords(bytes: Uint8Array, file: string): Generator<TFRecord, void, undefined> {
  const reader = new ByteReader(bytes, file);
  while (reader.left > 0) {
    const start = reader.offset;
    const prefix = reader.take(8, "a record's length");
    if (reader.u32("a length's checksum", true) !== maskedCrc(prefix)) {
      throw reader.error("a record's length has a wrong checksum", start);
    }
    const view = new DataView(prefix.buffer, prefix.byteOffset, 8);
    const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
    const { offset } = reader;
    const content = reader.take(length, "a record");
    if (reader.u32("a record's checksum", true) !== maskedCrc(content)) {
      throw reader.error("a record has a wrong checksum", offset);
    }
    yield { bytes: content, offset };
  }
}

/** The checksum of bytes that may hold checksums themselves: turned and shifted (TensorFlow's lib/hash/crc32c.h). */
function maskedCrc(...parts: readonly Uint8Array[]): number {
  const crc = crc32c(...parts);
  return (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0;
}
