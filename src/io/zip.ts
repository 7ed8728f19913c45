import { FileError } from "../core/errors.ts";
import { ByteReader, quoted } from "./byte-reader.ts";
import { crc32 } from "./crc32.ts";
import { inflateExactly } from "./deflate.ts";
import { readZipEnd, takeU64 } from "./zip-end.ts";
import {
  centralLength,
  centralSignature,
  deflated,
  encryptedFlag,
  localLength,
  localSignature,
  stored,
  utf8Flag,
  zip64Extra,
  zip64Size,
} from "./zip-format.ts";

/** One file in a zip archive, still compressed. */
export interface ZipEntry {
  readonly name: string;
  /** The length of what read() gives. */
  readonly size: number;
  /** Decompresses and checks the CRC. @throws FileError if the data is damaged. */
  read(): Promise<Uint8Array>;
}

/**
 * Reads a zip archive's directory (PKWARE APPNOTE, sections 4.3 and 4.4); entries decompress when asked to.
 *
 * @throws FileError if the archive is damaged, has entries that overlap or share a name (either would let a small
 * file stand for a large one, or for another), or needs encryption, several disks or another method.
 */
export function readZip(bytes: Uint8Array, file: string): ZipEntry[] {
  const { count, start, end } = readZipEnd(bytes, file);
  const reader = new ByteReader(bytes.subarray(0, end), file, start);
  const entries: LocatedEntry[] = [];
  for (let i = 0; i < count; i++) entries.push(readCentralEntry(reader));
  if (reader.left !== 0) throw reader.error(`the directory goes on after its ${count} entries`);

  let free = 0;
  for (const entry of entries.toSorted((a, b) => a.headerStart - b.headerStart)) {
    if (entry.headerStart < free)
      throw reader.error(`${quoted(entry.name)} overlaps another`, entry.headerStart);
    free = entry.dataEnd;
    if (free > start) throw reader.error(`${quoted(entry.name)} runs into the directory`, entry.headerStart);
  }
  const names = new Set(entries.map((entry) => entry.name));
  if (names.size !== entries.length) throw reader.error("two entries have the same name", start);
  return entries;
}

interface LocatedEntry extends ZipEntry {
  readonly headerStart: number;
  readonly dataEnd: number;
}

function readCentralEntry(reader: ByteReader): LocatedEntry {
  const at = reader.offset;
  const record = view(reader.take(centralLength, "a directory entry"));
  if (record.getUint32(0, true) !== centralSignature)
    throw reader.error("no directory entry where one should be", at);
  const flags = record.getUint16(8, true);
  const method = record.getUint16(10, true);
  const crc = record.getUint32(16, true);
  const nameBytes = reader.take(record.getUint16(28, true), "an entry's name");
  const extra = reader.take(record.getUint16(30, true), "an entry's extra field");
  reader.take(record.getUint16(32, true), "an entry's comment");

  const name = decodeName(nameBytes, flags, reader, at);
  const fail = (problem: string, offset = at) =>
    reader.error(`zip entry ${quoted(name)}: ${problem}`, offset);
  const [size, compressedSize, headerStart] = widened([24, 20, 42], record, extra, fail);
  if (flags & encryptedFlag) throw fail("encryption is not supported");
  if (method !== stored && method !== deflated) throw fail(`compression method ${method} is not supported`);
  if (method === stored && size !== compressedSize)
    throw fail(`${compressedSize} stored bytes cannot be ${size}`);

  // The local header repeats the directory, except that a streaming writer may leave its sizes and CRC open.
  if (headerStart + localLength > reader.bytes.length)
    throw fail(`its header at ${headerStart} is beyond the file`);
  const local = new ByteReader(reader.bytes, reader.file, headerStart);
  const header = view(local.take(localLength, "a local header"));
  if (header.getUint32(0, true) !== localSignature) throw fail("has no local header", headerStart);
  const localName = local.take(header.getUint16(26, true), "a local header's name");
  local.take(header.getUint16(28, true), "a local header's extra field");
  if (header.getUint16(8, true) !== method || !sameBytes(localName, nameBytes)) {
    throw fail("its local header differs from the directory", headerStart);
  }
  const dataStart = local.offset;
  const data = local.take(compressedSize, `zip entry ${quoted(name)}`);
  const source = { file: reader.file, what: `zip entry ${quoted(name)}`, offset: dataStart };

  return {
    name,
    size,
    headerStart,
    dataEnd: local.offset,
    async read() {
      const content = method === stored ? data : await inflateExactly([data], "deflate-raw", size, source);
      if (crc32(content) !== crc) throw fail("the CRC does not match", dataStart);
      return content;
    },
  };
}

/** 32-bit fields of the directory, or for those that are full the 64-bit ones in the extra field (section 4.5.3). */
function widened(
  fields: readonly [number, number, number],
  record: DataView,
  extra: Uint8Array,
  fail: (problem: string) => FileError,
): [number, number, number] {
  let wide: ByteReader | undefined;
  return fields.map((field) => {
    const value = record.getUint32(field, true);
    if (value !== zip64Size) return value;
    wide ??= zip64Field(extra);
    if (wide === undefined || wide.left < 8) throw fail("has no zip64 size where it needs one");
    return takeU64(wide, "a zip64 size");
  }) as [number, number, number];
}

function zip64Field(extra: Uint8Array): ByteReader | undefined {
  const fields = new ByteReader(extra, "the extra field");
  while (fields.left >= 4) {
    const id = fields.u16("an id", true);
    const length = fields.u16("a length", true);
    if (length > fields.left) return undefined;
    const data = fields.take(length, "a field");
    if (id === zip64Extra) return new ByteReader(data, "the extra field");
  }
  return undefined;
}

function decodeName(bytes: Uint8Array, flags: number, reader: ByteReader, at: number): string {
  try {
    const name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (flags & utf8Flag || name.length === bytes.length) return name;
  } catch (cause) {
    throw new FileError(reader.file, "a zip entry's name is not UTF-8", at, { cause });
  }
  throw reader.error("a zip entry's name is not ASCII and not marked as UTF-8", at);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
