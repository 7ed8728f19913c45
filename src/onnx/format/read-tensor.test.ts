import { describe, expect, it } from "vitest";
import { FileError } from "../../core/errors.ts";
import { concatBytes } from "../../io/byte-reader.ts";
import type { Draft } from "../../io/protobuf/encode-message.ts";
import { decodeMessage, encodeMessage } from "./codec.ts";
import { codeOf, type OnnxType, onnxTypes, typeWithCode } from "./data-types.ts";
import type { TensorProto } from "./messages.ts";
import { type OnnxTensor, readTensor, type TensorSource } from "./read-tensor.ts";

const source: TensorSource = { file: "test.onnx" };

/** A tensor that was written to a file and read again. */
function read(type: OnnxType, draft: Draft<TensorProto>, from: TensorSource = source): OnnxTensor {
  const bytes = concatBytes(encodeMessage("Tensor", { name: "t", dataType: codeOf(type), ...draft }));
  return readTensor(decodeMessage("Tensor", bytes, "test.onnx"), from);
}

const values = (tensor: OnnxTensor): number[] => Array.from(tensor.data!.data as ArrayLike<number>, Number);

describe("tensors of a file", () => {
  it("have their elements in raw bytes, without a copy where they are aligned", () => {
    const floats = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    expect(values(read("float32", { dims: [2], rawData: floats }))).toEqual([1.5, -2]);
    const proto = { dims: [2], dataType: 1, rawData: floats } as unknown as TensorProto;
    const lists = { floatData: [], int32Data: [], int64Data: [], doubleData: [], uint64Data: [] };
    const tensor = readTensor({ ...lists, ...proto, stringData: [], externalData: [] }, source);
    expect(tensor.data!.data.buffer).toBe(floats.buffer);
  });

  it.each<[OnnxType, Draft<TensorProto>, readonly number[]]>([
    ["float32", { floatData: [1, 2.5] }, [1, 2.5]],
    ["float64", { doubleData: [1, 0.1] }, [1, 0.1]],
    ["int64", { int64Data: [-1n, 2n ** 40n] }, [-1, 2 ** 40]],
    ["uint64", { uint64Data: [1n, 2n ** 52n] }, [1, 2 ** 52]],
    ["uint32", { uint64Data: [7n, 2n ** 32n - 1n] }, [7, 2 ** 32 - 1]],
    ["int32", { int32Data: [-5, 6] }, [-5, 6]],
    ["int8", { int32Data: [-128, 127] }, [-128, 127]],
    ["uint8", { int32Data: [0, 255] }, [0, 255]],
    ["bool", { int32Data: [1, 0] }, [1, 0]],
    // One and minus two, as their bits.
    ["float16", { int32Data: [0x3c00, 0xc000] }, [0x3c00, 0xc000]],
    ["bfloat16", { int32Data: [0x3f80, 0xc000] }, [0x3f80, 0xc000]],
  ])("of type %s have their elements in a list", (type, draft, expected) => {
    const tensor = read(type, { dims: [2], ...draft });
    expect(tensor.type).toBe(type);
    expect(values(tensor)).toEqual(expected);
  });

  it("of less than a byte come apart, the first from the lowest bits", () => {
    expect(values(read("int4", { dims: [3], rawData: Uint8Array.of(0xf1, 0x08) }))).toEqual([1, -1, -8]);
    expect(values(read("uint4", { dims: [3], int32Data: [0xf1, 0x08] }))).toEqual([1, 15, 8]);
    expect(values(read("int2", { dims: [5], rawData: Uint8Array.of(0b11_10_01_00, 0b11) }))).toEqual([
      0, 1, -2, -1, -1,
    ]);
    expect(values(read("uint2", { dims: [4], rawData: Uint8Array.of(0b11_10_01_00) }))).toEqual([0, 1, 2, 3]);
  });

  it("of types that nothing here carries are recognized", () => {
    const float8 = read("float8e4m3fn", { dims: [2], rawData: Uint8Array.of(1, 2) });
    expect([float8.type, float8.data]).toEqual(["float8e4m3fn", undefined]);
    const complex = read("complex64", { dims: [1], floatData: [1, 2] });
    expect([complex.type, complex.data]).toEqual(["complex64", undefined]);
    const texts = read("string", {
      dims: [2],
      stringData: ["a", "é"].map((s) => new TextEncoder().encode(s)),
    });
    expect(texts.texts).toEqual(["a", "é"]);
    for (const type of onnxTypes) expect(typeWithCode(codeOf(type))).toBe(type);
    expect(typeWithCode(0)).toBeUndefined();
  });

  it("may lie in another file", () => {
    const file = new Uint8Array(Float32Array.of(9, 1, 2, 3).buffer);
    const asked: unknown[] = [];
    const externalData = (location: string, offset: number, length: number | undefined): Uint8Array => {
      asked.push([location, offset, length]);
      return file.subarray(offset, length === undefined ? undefined : offset + length);
    };
    const entries = [
      { key: "location", value: "weights.bin" },
      { key: "offset", value: "4" },
      { key: "length", value: "8" },
    ];
    const draft = { dims: [2], dataLocation: 1, externalData: entries };
    expect(values(read("float32", draft, { ...source, externalData }))).toEqual([1, 2]);
    expect(asked).toEqual([["weights.bin", 4, 8]]);
    expect(() => read("float32", draft)).toThrow('in the file "weights.bin": give the option externalData');
    const odd = { ...draft, externalData: [entries[0]!, { key: "offset", value: "-4" }] };
    expect(() => read("float32", odd, { ...source, externalData })).toThrow('the offset of its data is "-4"');
    const short = { ...draft, dims: [3] };
    expect(() => read("float32", short, { ...source, externalData })).toThrow("takes 12 bytes, but has 8");
  });

  it.each<[string, OnnxType, Draft<TensorProto>, string]>([
    ["too few values", "float32", { dims: [3], floatData: [1] }, "1 values do not fill [3]"],
    ["too many values", "int64", { dims: [], int64Data: [1n, 2n] }, "2 values do not fill []"],
    ["too few bytes", "float64", { dims: [2], rawData: new Uint8Array(15) }, "takes 16 bytes, but has 15"],
    [
      "too few halves of bytes",
      "int4",
      { dims: [3], rawData: new Uint8Array(1) },
      "takes 2 bytes, but has 1",
    ],
    ["a negative extent", "float32", { dims: [-1] }, "the extents [-1]"],
    ["too few texts", "string", { dims: [2] }, "0 texts do not fill the shape"],
  ])("with %s are refused", (_, type, draft, problem) => {
    expect(() => read(type, draft)).toThrow(FileError);
    expect(() => read(type, draft)).toThrow(`test.onnx: tensor "t": `);
    expect(() => read(type, draft)).toThrow(problem);
  });
});
