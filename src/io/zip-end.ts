import { FileError } from "../core/errors.ts";
import { ByteReader } from "./byte-reader.ts";
import {
  endLength,
  endSignature,
  zip64Count,
  zip64EndLength,
  zip64EndSignature,
  zip64LocatorLength,
  zip64LocatorSignature,
  zip64Size,
} from "./zip-format.ts";

/** Where a zip archive's directory lies: `count` entries in the bytes [start, end). */
export interface ZipDirectory {
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the directory by the record at the archive's end, or by zip64's where there is one (PKWARE APPNOTE, sections
 * 4.3.14 to 4.3.16).
 *
 * @throws FileError if there is no such record, it contradicts itself, or the archive spans several disks.
 */
export function readZipEnd(bytes: Uint8Array, file: string): ZipDirectory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const earliest = Math.max(0, bytes.length - endLength - 0xffff);
  for (let at = bytes.length - endLength; at >= earliest; at--) {
    if (view.getUint32(at, true) !== endSignature) continue;
    if (at + endLength + view.getUint16(at + 20, true) !== bytes.length) continue;
    const count = view.getUint16(at + 10, true);
    const size = view.getUint32(at + 12, true);
    const start = view.getUint32(at + 16, true);
    if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 8, true) !== count) {
      throw new FileError(file, "zip archives of several disks are not supported", at);
    }
    const wide = readZip64End(bytes, file, at);
    if (wide !== undefined) return wide;
    if (count === zip64Count || size === zip64Size || start === zip64Size) {
      throw new FileError(file, "the zip directory needs a zip64 record, and there is none", at);
    }
    return checked(file, { count, start, end: at }, size, at);
  }
  throw new FileError(file, "not a zip archive, or cut: it has no end-of-directory record", bytes.length);
}

/** The directory that a zip64 record before the end record at `endAt` gives, if there is such a record. */
function readZip64End(bytes: Uint8Array, file: string, endAt: number): ZipDirectory | undefined {
  const locatorAt = endAt - zip64LocatorLength;
  if (locatorAt < 0) return undefined;
  const locator = new ByteReader(bytes, file, locatorAt);
  if (locator.u32("a locator", true) !== zip64LocatorSignature) return undefined;
  locator.u32("a locator", true); // the disk
  const at = takeU64(locator, "a locator");
  if (at + zip64EndLength > locatorAt) {
    throw new FileError(file, `the zip64 record at ${at} is not before its locator`, locatorAt);
  }
  const record = new ByteReader(bytes, file, at);
  if (record.u32("the zip64 record", true) !== zip64EndSignature) {
    throw new FileError(file, "there is no zip64 record where its locator says", at);
  }
  record.take(20, "the zip64 record"); // its size, two versions and two disks
  const onThisDisk = takeU64(record, "the zip64 record");
  const count = takeU64(record, "the zip64 record");
  if (onThisDisk !== count) throw new FileError(file, "zip archives of several disks are not supported", at);
  const size = takeU64(record, "the zip64 record");
  return checked(file, { count, start: takeU64(record, "the zip64 record"), end: at }, size, at);
}

function checked(file: string, directory: ZipDirectory, size: number, at: number): ZipDirectory {
  const { start, end } = directory;
  if (start + size === end) return directory;
  throw new FileError(
    file,
    `the zip directory at [${start}, ${start + size}] does not end where it should`,
    at,
  );
}

/** A 64-bit natural number; what is beyond 2^53 comes out as a number that no file is as long as. */
export function takeU64(reader: ByteReader, what: string): number {
  const low = reader.u32(what, true);
  return reader.u32(what, true) * 2 ** 32 + low;
}
