import { ArgumentError } from "../core/errors.ts";
import { ByteReader, concatBytes, hasSignature, quoted } from "./byte-reader.ts";
import {
  bytesOf,
  checkHostTensor,
  elementsOf,
  type HostTensor,
  type StoredDType,
  storedByteLength,
  storedBytesPerElement,
} from "./host-tensor.ts";
import { type NpyHeader, parseNpyHeader } from "./npy-header.ts";
import { reorder } from "./npy-order.ts";

const signature = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Where the elements begin is a multiple of this (NEP 1). */
const alignment = 64;

/** NumPy's kind and size of an element type; it has no bfloat16. */
const codeOfDType: Readonly<Record<Exclude<StoredDType, "bfloat16">, string>> = {
  float64: "f8",
  float32: "f4",
  float16: "f2",
  int64: "i8",
  int32: "i4",
  int16: "i2",
  int8: "i1",
  uint64: "u8",
  uint32: "u4",
  uint16: "u2",
  uint8: "u1",
  bool: "b1",
};
const dtypeOfCode: ReadonlyMap<string, StoredDType> = new Map(
  Object.entries(codeOfDType).map(([dtype, code]) => [code, dtype as StoredDType]),
);

/**
 * Reads a NumPy array file of version 1, 2 or 3; Fortran order is turned into row-major.
 *
 * Row-major little-endian elements are a view onto `bytes` where alignment permits.
 * Source: numpy.lib.format, "NPY format".
 *
 * @throws FileError if the header is not valid, the element type is none that a HostTensor carries (complex, text,
 * records, objects), or the elements do not end where the file does.
 */
export function parseNpy(bytes: Uint8Array, file: string): HostTensor {
  const reader = new ByteReader(bytes, file);
  if (!hasSignature(bytes, signature))
    throw reader.error("not an npy file: it does not begin with \\x93NUMPY", 0);
  reader.offset = signature.length;
  const major = reader.u8("the version");
  const minor = reader.u8("the version");
  if (major < 1 || major > 3 || minor !== 0) throw reader.error(`unknown npy version ${major}.${minor}`, 6);
  const length =
    major === 1 ? reader.u16("the header's length", true) : reader.u32("the header's length", true);
  const headerStart = reader.offset;
  const header = parseNpyHeader(reader.take(length, "the header"), major, file, headerStart);
  const { dtype, littleEndian } = readDescr(header, reader, headerStart);

  const { shape, fortranOrder } = header;
  const size = storedByteLength(dtype, shape);
  if (size !== reader.left) {
    const wanted = `${dtype} [${shape.slice(0, 16).join(", ")}] takes ${size} bytes`;
    throw reader.error(`${wanted}, but ${reader.left} follow the header`);
  }
  const data = elementsOf(reader.take(size, "the elements"), dtype, littleEndian);
  // Column-major elements are the row-major ones of the reversed shape, with reversed axes.
  return { dtype, shape, data: fortranOrder ? reorder(data, shape, "fromFortran") : data };
}

function readDescr(
  header: NpyHeader,
  reader: ByteReader,
  at: number,
): { dtype: StoredDType; littleEndian: boolean } {
  const order = header.descr[0]!;
  const dtype = dtypeOfCode.get(header.descr.slice(1));
  const ordered = order === "<" || order === ">";
  if (dtype === undefined || !(ordered || (order === "|" && storedBytesPerElement(dtype) === 1))) {
    throw reader.error(`the element type ${quoted(header.descr)} is not supported`, at);
  }
  return { dtype, littleEndian: order !== ">" };
}

export interface NpyOptions {
  /** Default: the lowest version that can hold the header. */
  readonly version?: 1 | 2 | 3;
  readonly fortranOrder?: boolean;
  readonly byteOrder?: "little" | "big";
}

/**
 * Writes a NumPy array file.
 *
 * @throws ArgumentError for bfloat16, which NumPy does not have, and for a header too long for version 1.
 * @throws ShapeError if the array does not fill its shape.
 */
export function serializeNpy(tensor: HostTensor, options: NpyOptions = {}): Uint8Array {
  checkHostTensor(tensor, "serializeNpy");
  const { dtype, shape } = tensor;
  if (dtype === "bfloat16") throw new ArgumentError("NumPy has no bfloat16: convert with toFloat32 first");
  const { fortranOrder = false, byteOrder = "little" } = options;
  const order = storedBytesPerElement(dtype) === 1 ? "|" : byteOrder === "little" ? "<" : ">";
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const python = `{'descr': '${order}${codeOfDType[dtype]}', 'fortran_order': ${fortranOrder ? "True" : "False"}, 'shape': (${extents}), }`;
  const data = fortranOrder ? reorder(tensor.data, shape, "toFortran") : tensor.data;
  return concatBytes([
    prologue(python, options.version),
    bytesOf({ dtype, shape, data } as HostTensor, byteOrder === "little"),
  ]);
}

function prologue(header: string, wanted: 1 | 2 | 3 | undefined): Uint8Array {
  const paddedLength = (version: number) => {
    const before = signature.length + (version === 1 ? 4 : 6);
    return Math.ceil((before + header.length + 1) / alignment) * alignment - before;
  };
  const version = wanted ?? (paddedLength(1) > 0xffff ? 2 : 1);
  const length = paddedLength(version);
  if (version === 1 && length > 0xffff) {
    throw new ArgumentError(`npy version 1 holds headers of 65535 bytes, this one takes ${length}`);
  }
  const field = new DataView(new ArrayBuffer(version === 1 ? 2 : 4));
  if (version === 1) field.setUint16(0, length, true);
  else field.setUint32(0, length, true);
  return concatBytes([
    Uint8Array.from([...signature, version, 0]),
    new Uint8Array(field.buffer),
    new TextEncoder().encode(`${header.padEnd(length - 1)}\n`),
  ]);
}
