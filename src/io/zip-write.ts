import { ArgumentError } from "../core/errors.ts";
import { concatBytes, quoted } from "./byte-reader.ts";
import { crc32 } from "./crc32.ts";
import { deflate } from "./deflate.ts";
import {
  centralSignature,
  deflated,
  endSignature,
  localLength,
  localSignature,
  stored,
  utf8Flag,
  zip64Count,
  zip64Size,
} from "./zip-format.ts";

/**
 * Writes a zip archive; the same contents give the same bytes, as every entry is dated 1 January 1980.
 *
 * @throws ArgumentError for a name that occurs twice, or an archive that would need zip64.
 */
export async function writeZip(
  files: Iterable<readonly [name: string, content: Uint8Array]>,
  compress: boolean,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  const names = new Set<string>();
  let offset = 0;
  for (const [name, content] of files) {
    if (names.has(name)) throw new ArgumentError(`two files for a zip archive are named ${quoted(name)}`);
    names.add(name);
    const nameBytes = new TextEncoder().encode(name);
    const data = compress ? await deflate(content, "deflate-raw") : content;
    const end = offset + localLength + nameBytes.length + data.length;
    if (end >= zip64Size || content.length >= zip64Size || nameBytes.length > 0xffff) {
      throw new ArgumentError(`${quoted(name)} makes the archive need zip64, which is not supported`);
    }
    const shared = entryFields(content, data.length, nameBytes.length, compress);
    parts.push(fields([localSignature, 4]), shared, fields([0, 2]), nameBytes, data);
    directory.push(
      fields([centralSignature, 4], [20, 2]),
      shared,
      fields([0, 2], [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]),
      nameBytes,
    );
    offset = end;
  }
  const directorySize = directory.reduce((sum, part) => sum + part.length, 0);
  if (names.size >= zip64Count || offset + directorySize >= zip64Size) {
    throw new ArgumentError(`an archive of ${names.size} files needs zip64, which is not supported`);
  }
  const end = fields(
    [endSignature, 4],
    [0, 2],
    [0, 2],
    [names.size, 2],
    [names.size, 2],
    [directorySize, 4],
    [offset, 4],
    [0, 2],
  );
  return concatBytes([...parts, ...directory, end]);
}

/** What local header and directory have in common: version needed to the length of the name. */
function entryFields(
  content: Uint8Array,
  compressed: number,
  nameLength: number,
  compress: boolean,
): Uint8Array {
  const dosDate = (1 << 5) | 1;
  return fields(
    [20, 2],
    [utf8Flag, 2],
    [compress ? deflated : stored, 2],
    [0, 2],
    [dosDate, 2],
    [crc32(content), 4],
    [compressed, 4],
    [content.length, 4],
    [nameLength, 2],
  );
}

/** Little-endian integers one after the other, each given with its width in bytes. */
function fields(...values: readonly (readonly [value: number, width: 2 | 4])[]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, [, width]) => sum + width, 0));
  const target = new DataView(bytes.buffer);
  let offset = 0;
  for (const [value, width] of values) {
    if (width === 2) target.setUint16(offset, value, true);
    else target.setUint32(offset, value, true);
    offset += width;
  }
  return bytes;
}
