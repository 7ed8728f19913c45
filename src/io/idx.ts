import { ByteReader } from "./byte-reader.ts";
import { elementsOf, type HostTensor, type StoredDType, storedByteLength } from "./host-tensor.ts";

const dtypeOfCode: Readonly<Record<number, StoredDType>> = {
  8: "uint8",
  9: "int8",
  11: "int16",
  12: "int32",
  13: "float32",
  14: "float64",
};

/**
 * Reads an IDX file, the format of MNIST: two zero bytes, a type code, the rank, big-endian uint32 extents, elements.
 *
 * Elements of one byte are a view onto `bytes`. Source: LeCun, Cortes, Burges, "The MNIST database".
 *
 * @throws FileError if the header is not IDX's, or the elements do not end where the file does.
 */
export function parseIdx(bytes: Uint8Array, file: string): HostTensor {
  const reader = new ByteReader(bytes, file);
  if (reader.u16("the IDX magic number", false) !== 0) {
    throw reader.error("not an IDX file: it does not begin with two zero bytes", 0);
  }
  const code = reader.u8("the element type");
  const dtype = dtypeOfCode[code];
  if (dtype === undefined)
    throw reader.error(`unknown IDX element type 0x${code.toString(16).padStart(2, "0")}`, 2);
  const rank = reader.u8("the rank");
  const shape = Array.from({ length: rank }, (_, axis) => reader.u32(`the extent of axis ${axis}`, false));
  const length = storedByteLength(dtype, shape);
  if (length !== reader.left) {
    throw reader.error(`${dtype} [${shape.join(", ")}] takes ${length} bytes, but ${reader.left} follow`);
  }
  return { dtype, shape, data: elementsOf(reader.take(length, "the elements"), dtype, false) };
}
