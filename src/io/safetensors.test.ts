import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ArgumentError, FileError, ShapeError } from "../core/errors.ts";
import type { HostTensor } from "./host-tensor.ts";
import { parseSafetensors, serializeSafetensors } from "./safetensors.ts";

const utf8 = new TextEncoder();

function build(header: string | Uint8Array, data: readonly number[] = [], declared?: bigint): Uint8Array {
  const json = typeof header === "string" ? utf8.encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, declared ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function failure(bytes: Uint8Array): FileError {
  try {
    parseSafetensors(bytes, "m.safetensors");
  } catch (error) {
    if (error instanceof FileError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const f32 = (...values: number[]): HostTensor => ({
  dtype: "float32",
  shape: [values.length],
  data: Float32Array.from(values),
});

describe("parseSafetensors", () => {
  it("reads tensors in the order of their bytes, and the metadata", () => {
    const { tensors, metadata } = parseSafetensors(
      build(
        '{"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]},"__metadata__":{"format":"pt"},"a":{"shape":[1,2],"data_offsets":[0,4],"dtype":"I16"}} ',
        [1, 0, 255, 255, 7, 8],
      ),
      "x",
    );
    expect([...tensors.keys()]).toEqual(["a", "b"]);
    expect(tensors.get("a")).toEqual({ dtype: "int16", shape: [1, 2], data: Int16Array.of(1, -1) });
    expect(tensors.get("b")).toEqual({ dtype: "uint8", shape: [2], data: Uint8Array.of(7, 8) });
    expect(metadata).toEqual({ format: "pt" });
  });

  it("gives views onto the file", () => {
    const bytes = serializeSafetensors([["w", f32(1, 2)]]);
    expect(parseSafetensors(bytes, "x").tensors.get("w")!.data.buffer).toBe(bytes.buffer);
  });

  it("reads a scalar, empty tensors between others, and no tensors at all", () => {
    const { tensors } = parseSafetensors(
      build(
        '{"s":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"e":{"dtype":"F32","shape":[0,9],"data_offsets":[1,1]},"t":{"dtype":"BOOL","shape":[1],"data_offsets":[1,2]}}',
        [5, 1],
      ),
      "x",
    );
    expect([...tensors].map(([name, { data }]) => [name, ...(data as Uint8Array)])).toEqual([
      ["s", 5],
      ["e"],
      ["t", 1],
    ]);
    expect(parseSafetensors(build("{}"), "x").tensors.size).toBe(0);
  });

  const entry = (fields: string) => `{"conv.weight":{${fields}}}`;
  it.each([
    [
      "a dtype it does not know",
      entry('"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]'),
      [0],
      /unknown dtype "F8_E4M3"/,
    ],
    ["no dtype", entry('"shape":[1],"data_offsets":[0,1]'), [0], /no dtype/],
    ["no shape that fits", entry('"dtype":"U8","data_offsets":[0,2]'), [0, 0], /takes 1 bytes.*span 2/],
    ["no offsets", entry('"dtype":"U8","shape":[1]'), [0], /needs data_offsets/],
    ["three offsets", entry('"dtype":"U8","shape":[1],"data_offsets":[0,1,1]'), [0], /needs data_offsets/],
    [
      "offsets that run backwards",
      entry('"dtype":"U8","shape":[1],"data_offsets":[1,0]'),
      [0],
      /needs data_offsets/,
    ],
    [
      "a field that the format does not have",
      entry('"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1'),
      [0],
      /unknown field "x"/,
    ],
    [
      "bytes that do not match the shape",
      entry('"dtype":"F32","shape":[2],"data_offsets":[0,4]'),
      [0, 0, 0, 0],
      /takes 8 bytes.*span 4/,
    ],
    [
      "a product that overflows",
      entry('"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]'),
      [],
      /Infinity bytes/,
    ],
    [
      "data beyond the file",
      entry('"dtype":"U8","shape":[9],"data_offsets":[0,9]'),
      [0],
      /ends at 9, the file holds 1/,
    ],
    ["a hole at the begin", entry('"dtype":"U8","shape":[1],"data_offsets":[1,2]'), [0, 0], /leaves a hole/],
  ])("refuses %s and names the tensor", (_, header, data, message) => {
    const error = failure(build(header, data));
    expect(error.message).toMatch(message);
    expect(error.message).toContain('"conv.weight"');
    expect(error).toMatchObject({ code: "FILE", file: "m.safetensors" });
    expect(error.offset).toBeGreaterThanOrEqual(9);
  });

  const two = (first: string, second: string) =>
    `{"a":{"dtype":"U8","shape":[2],"data_offsets":${first}},"b":{"dtype":"U8","shape":[2],"data_offsets":${second}}}`;
  it.each([
    ["an overlap", two("[0,2]", "[1,3]"), /"b" at \[1, 3\] overlaps/],
    ["the same bytes twice", two("[0,2]", "[0,2]"), /overlaps/],
    ["a hole", two("[0,2]", "[3,5]"), /"b" at \[3, 5\] leaves a hole/],
    ["bytes after the last tensor", two("[0,2]", "[2,4]"), /1 bytes after the last tensor/],
    ["a name that occurs twice", two("[0,2]", "[2,4]").replace('"b"', '"a"'), /"a" occurs twice/],
    ["a negative extent", two("[0,2]", "[2,4]").replace("[2]", "[-2]"), /natural number.*"-2"/],
    ["a fraction", two("[0,2]", "[2,4]").replace("[2]", "[2.0]"), /natural number.*"2.0"/],
    [
      "an extent that is not exact",
      two("[0,2]", "[2,4]").replace("[2]", "[9007199254740993]"),
      /natural number/,
    ],
    ["metadata that is no text", '{"__metadata__":{"a":1}}     ', /expected "/],
    ["text after the header", "{}x     ", /expected the end/],
    ["a list", "[]      ", /does not begin with \{/],
    ["a space before the header", " {}     ", /does not begin with \{/],
    ["an empty header", "", /does not begin with \{/],
  ])("refuses %s", (_, header, message) => {
    const error = failure(build(header, [0, 0, 0, 0, 0]));
    expect(error.message).toMatch(message);
    expect(error.offset).toBeGreaterThanOrEqual(8);
  });

  it.each([
    ["a file without a length", new Uint8Array(7), /it has 7 bytes/],
    ["a header beyond the file", build("{}", [], 3n), /should take 3 bytes, but 2 follow/],
    ["a header over the limit", build("{}", [], 100_000_001n), /limit of 100000000/],
    ["a header of 2^64 - 1 bytes", build("{}", [], 2n ** 64n - 1n), /limit of 100000000/],
    ["a header that is not UTF-8", build(Uint8Array.of(0x7b, 0xff, 0x7d)), /not UTF-8/],
  ])("refuses %s", (_, bytes, message) => {
    expect(failure(bytes).message).toMatch(message);
  });
});

describe("serializeSafetensors", () => {
  it("writes wide element types first, then by the code points of the name, padded to 8 bytes", () => {
    const u8: HostTensor = { dtype: "uint8", shape: [1], data: Uint8Array.of(9) };
    const i64: HostTensor = { dtype: "int64", shape: [1], data: BigInt64Array.of(-1n) };
    const bytes = serializeSafetensors([
      ["u", u8],
      ["\u{10000}", f32(3)],
      ["\uffff", f32(2)],
      ["i", i64],
      ["a", f32(1)],
    ]);
    const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + headerLength));
    expect(headerLength % 8).toBe(0);
    expect(header.trimEnd()).toBe(
      '{"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},' +
        '"\uffff":{"dtype":"F32","shape":[1],"data_offsets":[12,16]},' +
        '"\u{10000}":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},' +
        '"u":{"dtype":"U8","shape":[1],"data_offsets":[20,21]}}',
    );
  });

  it("writes no tensors, and metadata, as the format's documentation has them", () => {
    expect(serializeSafetensors([])).toEqual(build("{}      "));
    expect(serializeSafetensors([], { format: "pt" })).toEqual(build('{"__metadata__":{"format":"pt"}}'));
  });

  it("refuses what could not be read back", () => {
    expect(() =>
      serializeSafetensors([
        ["a", f32(1)],
        ["a", f32(2)],
      ]),
    ).toThrow(ArgumentError);
    expect(() => serializeSafetensors([["__metadata__", f32(1)]])).toThrow(ArgumentError);
    expect(() => serializeSafetensors([["\ud800", f32(1)]])).toThrow(ArgumentError);
    expect(() => serializeSafetensors([], { a: 1 as unknown as string })).toThrow(ArgumentError);
    expect(() => serializeSafetensors([["a", { ...f32(1), shape: [2] }]])).toThrow(ShapeError);
  });
});

const real = join(
  process.env["FOVEA_SHARED"] ?? "../shared",
  "data/weights/resnet-cifar10/resnet20-12fca82f.safetensors",
);

describe.skipIf(!existsSync(real))("a trained ResNet-20 (skipped where the shared data is absent)", () => {
  it("has the parameters that its architecture has", () => {
    const { tensors, metadata } = parseSafetensors(readFileSync(real), real);
    expect(metadata["licence"]).toBe("BSD-2-Clause");
    expect(tensors.get("conv1.weight")!.shape).toEqual([16, 3, 3, 3]);
    expect(tensors.get("linear.bias")!.shape).toEqual([10]);
    // 0.27 M (He et al. 2016, table 6): convolutions, affine batch norms, and the classifier.
    const trained = [...tensors].filter(([name]) => !/running|tracked/.test(name));
    expect(trained.reduce((sum, [, { data }]) => sum + data.length, 0)).toBe(269_722);
    const again = parseSafetensors(serializeSafetensors(tensors, metadata), "again");
    expect(again.tensors).toEqual(tensors);
    expect(again.metadata).toEqual(metadata);
  });
});
