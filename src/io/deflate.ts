import { FileError } from "../core/errors.ts";
import { concatBytes } from "./byte-reader.ts";

/** Deflate's best code: a match of 258 bytes in two bits (RFC 1951, section 3.2.5). */
export const maxDeflateRatio = 1032;

/** Where compressed data stands: for messages, and for the offset of an error within it. */
export interface CompressedSource {
  readonly file: string;
  readonly what: string;
  readonly offset: number;
}

/** A stream may write out all that one piece of input gives before anyone can stop it: 16 KiB give 16 MiB at most. */
const inputPiece = 16 * 1024;

/**
 * Decompresses to exactly `length` bytes; `parts` are the compressed bytes, in pieces as the file holds them.
 *
 * @throws FileError if the data is damaged, or gives more or fewer bytes; a `length` that so few compressed bytes
 * cannot give is refused before anything is allocated.
 */
export async function inflateExactly(
  parts: readonly Uint8Array[],
  format: CompressionFormat,
  length: number,
  source: CompressedSource,
): Promise<Uint8Array> {
  const compressed = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > compressed * maxDeflateRatio) {
    throw damaged(source, `${compressed} compressed bytes cannot give the ${length} that are declared`);
  }
  const result = new Uint8Array(length);
  let filled = 0;
  for await (const piece of inflatedPieces(parts, format, source)) {
    if (filled + piece.length > length) throw damaged(source, `gives more than the ${length} bytes declared`);
    result.set(piece, filled);
    filled += piece.length;
  }
  if (filled !== length) throw damaged(source, `gives ${filled} of the ${length} bytes declared`);
  return result;
}

/** Decompresses data of unknown size. @throws FileError if it is damaged or gives more than `maxBytes`. */
export async function inflateUpTo(
  bytes: Uint8Array,
  format: CompressionFormat,
  maxBytes: number,
  source: CompressedSource,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of inflatedPieces([bytes], format, source)) {
    length += piece.length;
    if (length > maxBytes) throw damaged(source, `gives more than the limit of ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return concatBytes(pieces);
}

async function* inflatedPieces(
  parts: readonly Uint8Array[],
  format: CompressionFormat,
  source: CompressedSource,
): AsyncGenerator<Uint8Array> {
  const stream = new DecompressionStream(format);
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  // A failure of the writing side reaches the reading side too, which reports it.
  feed(writer, parts).catch(() => {});
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FileError(source.file, `${source.what}: broken compressed data: ${reason}`, source.offset, {
      cause: error,
    });
  } finally {
    // Reached early when the consumer has had enough: stops the decompressor.
    reader.cancel().catch(() => {});
    writer.abort().catch(() => {});
  }
}

async function feed(
  writer: WritableStreamDefaultWriter<BufferSource>,
  parts: readonly Uint8Array[],
): Promise<void> {
  for (const part of parts) {
    for (let start = 0; start < part.length; start += inputPiece) {
      await writer.write(part.subarray(start, start + inputPiece) as Uint8Array<ArrayBuffer>);
    }
  }
  await writer.close();
}

/** Compresses `bytes` in one piece. */
export async function deflate(bytes: Uint8Array, format: CompressionFormat): Promise<Uint8Array> {
  const stream = new CompressionStream(format);
  feed(stream.writable.getWriter(), [bytes]).catch(() => {});
  return new Uint8Array(await new Response(stream.readable).arrayBuffer());
}

function damaged(source: CompressedSource, problem: string): FileError {
  return new FileError(source.file, `${source.what}: ${problem}`, source.offset);
}
