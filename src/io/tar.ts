import { FileError } from "../core/errors.ts";
import { quoted } from "./byte-reader.ts";

/** A regular file in a tar archive. */
export interface TarEntry {
  readonly name: string;
  /** A view onto the archive. */
  readonly bytes: Uint8Array;
}

const block = 512;

/**
 * The regular files of a tar archive, in its order. Source: POSIX.1-2024, pax, section "ustar Interchange Format".
 *
 * @throws FileError if a header's checksum is wrong or a file runs over the archive's end.
 */
export function readTar(bytes: Uint8Array, file: string): TarEntry[] {
  const entries: TarEntry[] = [];
  for (let at = 0; at + block <= bytes.length; ) {
    const header = bytes.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) return entries;
    if (octal(header, 148, 8) !== checksum(header)) {
      throw new FileError(file, "is no tar archive, or damaged: a header's checksum is wrong", at);
    }
    const name = text(header, 0, 100);
    const size = octal(header, 124, 12);
    const start = at + block;
    if (size === undefined || start + size > bytes.length) {
      throw new FileError(file, `tar entry ${quoted(name)} runs over the archive's end`, at);
    }
    const type = String.fromCharCode(header[156]!);
    if (type === "0" || type === "\0") {
      const prefix = text(header, 257, 5) === "ustar" ? text(header, 345, 155) : "";
      entries.push({
        name: prefix === "" ? name : `${prefix}/${name}`,
        bytes: bytes.subarray(start, start + size),
      });
    }
    at = start + Math.ceil(size / block) * block;
  }
  throw new FileError(file, "the tar archive has no end", bytes.length);
}

/** The sum of the header's bytes, where those of the checksum itself count as spaces. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 0x20 : byte), 0);
}

function text(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function octal(header: Uint8Array, start: number, length: number): number | undefined {
  const digits = text(header, start, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}
