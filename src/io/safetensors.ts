import { ArgumentError, FileError } from "../core/errors.ts";
import { concatBytes, quoted } from "./byte-reader.ts";
import {
  bytesOf,
  checkHostTensor,
  elementsOf,
  type HostTensor,
  type StoredDType,
  storedByteLength,
} from "./host-tensor.ts";
import { JsonReader } from "./json-reader.ts";

/** What a safetensors file holds; tensors are in the order of their bytes. */
export interface SafetensorsFile {
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: Record<string, string>;
}

/** The names of the format, in the order in which the reference implementation sorts tensors: last comes first. */
const dtypeOfName: ReadonlyMap<string, StoredDType> = new Map([
  ["BOOL", "bool"],
  ["U8", "uint8"],
  ["I8", "int8"],
  ["I16", "int16"],
  ["U16", "uint16"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["I32", "int32"],
  ["U32", "uint32"],
  ["F32", "float32"],
  ["F64", "float64"],
  ["I64", "int64"],
  ["U64", "uint64"],
]);
const nameOfDType: ReadonlyMap<StoredDType, string> = new Map(
  [...dtypeOfName].map(([name, dtype]) => [dtype, name]),
);
const dtypeOrder: readonly StoredDType[] = [...dtypeOfName.values()].reverse();

const lengthField = 8;
const maxHeaderBytes = 100_000_000;
const metadataKey = "__metadata__";

/** One entry of the header; `at` is where it stands there, `begin` and `end` count from the end of the header. */
interface Entry {
  readonly name: string;
  readonly at: number;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a safetensors file: a uint64 length, a JSON header, then the tensors' bytes, little-endian and row-major.
 *
 * Tensors are views onto `bytes` where alignment permits; one that is not aligned is copied.
 * Source: https://huggingface.co/docs/safetensors, section "Format".
 *
 * @throws FileError, with the tensor's name and the byte, if the header is not valid, or the tensors do not cover
 * the rest of the file without overlap, hole or remainder.
 */
export function parseSafetensors(bytes: Uint8Array, file: string): SafetensorsFile {
  const headerBytes = readHeaderLength(bytes, file);
  const body = bytes.subarray(lengthField + headerBytes);
  const reader = new JsonReader(bytes.subarray(lengthField, lengthField + headerBytes), file, lengthField);
  const { entries, metadata } = readHeader(reader);
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);

  const tensors = new Map<string, HostTensor>();
  let covered = 0;
  for (const { name, at, dtype, shape, begin, end } of entries) {
    if (begin !== covered) {
      const what = begin < covered ? "overlaps the tensor before it" : "leaves a hole before it";
      throw reader.error(
        `tensor ${quoted(name)} at [${begin}, ${end}] ${what}, which ends at ${covered}`,
        at,
      );
    }
    if (end > body.length) {
      throw reader.error(
        `tensor ${quoted(name)} ends at ${end}, the file holds ${body.length} bytes of data`,
        at,
      );
    }
    tensors.set(name, { dtype, shape, data: elementsOf(body.subarray(begin, end), dtype) });
    covered = end;
  }
  if (covered !== body.length) {
    const offset = lengthField + headerBytes + covered;
    throw new FileError(file, `${body.length - covered} bytes after the last tensor belong to none`, offset);
  }
  return { tensors, metadata };
}

function readHeaderLength(bytes: Uint8Array, file: string): number {
  if (bytes.length < lengthField) {
    throw new FileError(
      file,
      `not a safetensors file: it has ${bytes.length} bytes, the header's length takes 8`,
      0,
    );
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, lengthField).getBigUint64(0, true);
  if (length > maxHeaderBytes) {
    throw new FileError(file, `a header of ${length} bytes is over the limit of ${maxHeaderBytes}`, 0);
  }
  if (length > bytes.length - lengthField) {
    const left = bytes.length - lengthField;
    throw new FileError(file, `the header should take ${length} bytes, but ${left} follow`, 0);
  }
  if (bytes[lengthField] !== 0x7b || length === 0n) {
    throw new FileError(file, "the header does not begin with {", lengthField);
  }
  return Number(length);
}

function readHeader(reader: JsonReader): { entries: Entry[]; metadata: Record<string, string> } {
  const entries: Entry[] = [];
  const metadata = new Map<string, string>();
  reader.object((name, at) => {
    if (name === metadataKey) reader.object((key) => metadata.set(key, reader.string()));
    else entries.push(readEntry(reader, name, at));
  });
  reader.end();
  return { entries, metadata: Object.fromEntries(metadata) };
}

function readEntry(reader: JsonReader, name: string, at: number): Entry {
  const tensor = `tensor ${quoted(name)}`;
  const shape: number[] = [];
  const offsets: number[] = [];
  let dtypeName: string | undefined;
  reader.object((key, keyAt) => {
    if (key === "dtype") dtypeName = reader.string();
    else if (key === "shape") reader.array(() => shape.push(reader.natural()));
    else if (key === "data_offsets") reader.array(() => offsets.push(reader.natural()));
    else throw reader.error(`${tensor} has the unknown field ${quoted(key)}`, keyAt);
  });
  if (dtypeName === undefined) throw reader.error(`${tensor} has no dtype`, at);
  const dtype = dtypeOfName.get(dtypeName);
  if (dtype === undefined) throw reader.error(`${tensor} has the unknown dtype ${quoted(dtypeName)}`, at);

  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2 || begin > end) {
    throw reader.error(
      `${tensor} needs data_offsets [begin, end], has [${offsets.slice(0, 4).join(", ")}]`,
      at,
    );
  }
  const length = storedByteLength(dtype, shape);
  if (length !== end - begin) {
    const wanted = `${dtype} [${shape.slice(0, 16).join(", ")}] takes ${length} bytes`;
    throw reader.error(`${tensor}: ${wanted}, but data_offsets span ${end - begin}`, at);
  }
  return { name, at, dtype, shape, begin, end };
}

/**
 * Writes a safetensors file, byte for byte as the reference implementation does.
 *
 * Wide element types come first and names ascend within one, so that every tensor is aligned; the header is padded
 * with spaces to 8 bytes.
 *
 * @throws ArgumentError for a name that occurs twice, is `__metadata__` or has no UTF-8.
 * @throws ShapeError if an array does not fill its shape.
 */
export function serializeSafetensors(
  tensors: Iterable<readonly [string, HostTensor]>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const sorted = [...tensors].sort(
    ([a, { dtype: x }], [b, { dtype: y }]) =>
      dtypeOrder.indexOf(x) - dtypeOrder.indexOf(y) || compareCodePoints(a, b),
  );
  const fields: string[] = metadata === undefined ? [] : [`"${metadataKey}":${metadataJson(metadata)}`];
  const names = new Set<string>([metadataKey]);
  let begin = 0;
  for (const [name, tensor] of sorted) {
    checkHostTensor(tensor, `tensor ${quoted(name)}`);
    if (names.has(name)) throw new ArgumentError(`the tensor name ${quoted(name)} is taken`);
    names.add(name);
    const end = begin + tensor.data.byteLength;
    const entry = { dtype: nameOfDType.get(tensor.dtype), shape: tensor.shape, data_offsets: [begin, end] };
    fields.push(`${textJson(name)}:${JSON.stringify(entry)}`);
    begin = end;
  }
  const header = paddedTo8(new TextEncoder().encode(`{${fields.join(",")}}`));
  if (header.length > maxHeaderBytes) {
    throw new ArgumentError(`a header of ${header.length} bytes is over the limit of ${maxHeaderBytes}`);
  }
  const length = new Uint8Array(lengthField);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return concatBytes([length, header, ...sorted.map(([, tensor]) => bytesOf(tensor))]);
}

function metadataJson(metadata: Readonly<Record<string, string>>): string {
  const fields = Object.entries(metadata).map(([key, value]) => {
    if (typeof value !== "string") throw new ArgumentError(`metadata ${quoted(key)} is not a string`);
    return `${textJson(key)}:${textJson(value)}`;
  });
  return `{${fields.join(",")}}`;
}

function textJson(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new ArgumentError(`${quoted(text)} holds half a surrogate pair`);
  return JSON.stringify(text);
}

function paddedTo8(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(0x20);
  padded.set(bytes);
  return padded;
}

/** The order of UTF-8 bytes; JavaScript's own compares UTF-16 units, where U+10000 comes before U+E000. */
function compareCodePoints(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i > 0 && isTrailingSurrogate(a.charCodeAt(i))) i--;
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
}

function isTrailingSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
