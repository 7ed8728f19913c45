import { ByteReader, concatBytes, hasSignature, quoted } from "./byte-reader.ts";
import { crc32 } from "./crc32.ts";

export const pngSignature: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export interface PngChunk {
  readonly type: string;
  readonly data: Uint8Array;
  /** Where the chunk begins, for messages. */
  readonly at: number;
}

/** Reads the chunks of a PNG file to IEND; checks the signature and each CRC (PNG specification, section 5). */
export function readPngChunks(bytes: Uint8Array, file: string): PngChunk[] {
  const reader = new ByteReader(bytes, file);
  if (!hasSignature(bytes, pngSignature)) throw reader.error("not a PNG file: the signature is wrong", 0);
  reader.offset = pngSignature.length;
  const chunks: PngChunk[] = [];
  for (;;) {
    const at = reader.offset;
    const length = reader.u32("a chunk's length", false);
    const typeBytes = reader.take(4, "a chunk's type");
    const type = String.fromCharCode(...typeBytes);
    if (!/^[A-Za-z]{4}$/.test(type)) throw reader.error(`${quoted(type)} is no type of a chunk`, at);
    const data = reader.take(length, `chunk ${type}`);
    if (reader.u32(`the CRC of chunk ${type}`, false) !== crc32(typeBytes, data)) {
      throw reader.error(`the CRC of chunk ${type} does not match`, at);
    }
    chunks.push({ type, data, at });
    if (type === "IEND") return chunks;
  }
}

export function writePngChunks(chunks: readonly (readonly [type: string, data: Uint8Array])[]): Uint8Array {
  const parts = chunks.flatMap(([type, data]) => {
    const typeBytes = Uint8Array.from(type, (letter) => letter.charCodeAt(0));
    return [bigEndian32(data.length), typeBytes, data, bigEndian32(crc32(typeBytes, data))];
  });
  return concatBytes([Uint8Array.from(pngSignature), ...parts]);
}

export function bigEndian32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
