import { FileError } from "../../core/errors.ts";
import { quoted } from "../../io/byte-reader.ts";
import {
  countElements,
  elementsOf,
  type HostTensor,
  type StoredArrays,
  type StoredDType,
} from "../../io/host-tensor.ts";
import { type OnnxType, typeInfo, typeWithCode } from "./data-types.ts";
import type { EntryProto, TensorProto } from "./messages.ts";

/** A tensor of a file. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** Elements of less than a byte have one each; `undefined` for types that no array here carries. */
  readonly data: HostTensor | undefined;
  /** The elements of a tensor of texts. */
  readonly texts: readonly string[] | undefined;
}

/** A file beside the model's that holds tensors: its bytes, from `offset` on, `length` of them (all, if not given). */
export type ReadExternalData = (location: string, offset: number, length: number | undefined) => Uint8Array;

export interface TensorSource {
  readonly file: string;
  readonly externalData?: ReadExternalData | undefined;
}

/**
 * The elements of a TensorProto, from `raw_data` (without a copy where alignment permits), one of its lists of numbers,
 * or a file beside it.
 *
 * @throws FileError where the type is unknown, an extent is negative, or the data do not fill the shape.
 */
export function readTensor(proto: TensorProto, source: TensorSource): OnnxTensor {
  const name = proto.name ?? "";
  const fail = (problem: string): FileError =>
    new FileError(source.file, `tensor ${quoted(name)}: ${problem}`);
  const type = typeWithCode(proto.dataType);
  if (type === undefined) throw fail(`there is no element type ${proto.dataType ?? 0}`);
  const shape = Array.from(proto.dims);
  const count = countElements(shape);
  if (count === undefined) {
    throw fail(
      `the extents [${shape.slice(0, 16).join(", ")}] are not whole numbers from 0 on, or too large`,
    );
  }
  const { bits, stored, list } = typeInfo(type);
  if (type === "string") return { name, type, shape, data: undefined, texts: textsOf(proto, count, fail) };
  const raw = proto.dataLocation === 1 ? external(proto.externalData, source, fail) : proto.rawData;
  if (raw !== undefined && (proto.dataLocation === 1 || proto[list].length === 0)) {
    const expected = Math.ceil((count * bits) / 8);
    if (raw.length !== expected) {
      throw fail(`${type} [${shape.join(", ")}] takes ${expected} bytes, but has ${raw.length}`);
    }
    const data = stored && {
      dtype: stored,
      shape,
      data: bits < 8 ? unpack(raw, count, type) : elementsOf(raw, stored),
    };
    return { name, type, shape, data, texts: undefined };
  }
  const values = proto[list] as ArrayLike<number> | ArrayLike<bigint>;
  if (bits < 8) {
    // Packed also here, a byte in each number.
    const expected = Math.ceil((count * bits) / 8);
    if (values.length !== expected)
      throw fail(`${expected} numbers would fill the shape, not ${values.length}`);
    const data = stored && { dtype: stored, shape, data: unpack(values as ArrayLike<number>, count, type) };
    return { name, type, shape, data, texts: undefined };
  }
  const expected = type.startsWith("complex") ? 2 * count : count;
  if (values.length !== expected) {
    throw fail(`${values.length} values do not fill [${shape.join(", ")}]`);
  }
  const data = stored && { dtype: stored, shape, data: fromList(values, stored) };
  return { name, type, shape, data, texts: undefined };
}

type Fail = (problem: string) => FileError;

function textsOf(proto: TensorProto, count: number, fail: Fail): string[] {
  if (proto.stringData.length !== count) throw fail(`${proto.stringData.length} texts do not fill the shape`);
  const utf8 = new TextDecoder();
  return proto.stringData.map((bytes) => utf8.decode(bytes));
}

function external(entries: readonly EntryProto[], source: TensorSource, fail: Fail): Uint8Array {
  const fields = new Map(entries.map(({ key, value }) => [key, value ?? ""]));
  const location = fields.get("location");
  if (location === undefined) throw fail("its data lie in another file, but no location is given");
  if (!source.externalData) {
    throw fail(`its data lie in the file ${quoted(location)}: give the option externalData to read it`);
  }
  const natural = (key: string): number | undefined => {
    const text = fields.get(key);
    const value = text === undefined ? undefined : Number(text);
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value;
    throw fail(`the ${key} of its data is ${quoted(text!)}`);
  };
  return source.externalData(location, natural("offset") ?? 0, natural("length"));
}

/** Elements of 4 or 2 bits, the first in the lowest bits of a byte. */
function unpack(bytes: ArrayLike<number>, count: number, type: OnnxType): StoredArrays[StoredDType] {
  const { bits, stored } = typeInfo(type);
  const perByte = 8 / bits;
  const values = stored === "int8" ? new Int8Array(count) : new Uint8Array(count);
  const above = 32 - bits;
  for (let i = 0; i < count; i++) {
    const raised = (bytes[Math.floor(i / perByte)]! >> (bits * (i % perByte))) << above;
    values[i] = stored === "int8" ? raised >> above : raised >>> above;
  }
  return values;
}

/** Half precision is listed as its bits, whole numbers as themselves. */
function fromList(
  values: ArrayLike<number> | ArrayLike<bigint>,
  stored: StoredDType,
): StoredArrays[StoredDType] {
  if (stored === "int64") return BigInt64Array.from(values as ArrayLike<bigint>);
  if (stored === "uint64") return BigUint64Array.from(values as ArrayLike<bigint>);
  if (stored === "float32")
    return values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>);
  if (stored === "float64")
    return values instanceof Float64Array ? values : Float64Array.from(values as ArrayLike<number>);
  const numbers = Array.from(values as ArrayLike<number | bigint>, Number);
  const array = elementsOf(new Uint8Array(0), stored).constructor as unknown as {
    from(numbers: readonly number[]): StoredArrays[StoredDType];
  };
  return array.from(numbers);
}
