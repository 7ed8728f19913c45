import { describe, expect, it } from "vitest";
import { ArgumentError, FileError, ShapeError } from "../core/errors.ts";
import type { HostTensor } from "./host-tensor.ts";
import { parseNpy, serializeNpy } from "./npy.ts";

function build(header: string, data: readonly number[] = [], version = [1, 0]): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = [text.length & 255, text.length >> 8];
  if (version[0] !== 1) length.push(0, 0);
  return Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, ...version, ...length, ...text, ...data]);
}

const dictionary = (descr: string, shape: string, order = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

function failure(bytes: Uint8Array): FileError {
  try {
    parseNpy(bytes, "x.npy");
  } catch (error) {
    if (error instanceof FileError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("parseNpy", () => {
  it("reads little-endian, big-endian and single bytes", () => {
    expect(parseNpy(build(dictionary("'<i2'", "(2,)"), [1, 0, 0, 1]), "x")).toEqual({
      dtype: "int16",
      shape: [2],
      data: Int16Array.of(1, 256),
    });
    expect(parseNpy(build(dictionary("'>f4'", "()"), [0x3f, 0x80, 0, 0]), "x")).toEqual({
      dtype: "float32",
      shape: [],
      data: Float32Array.of(1),
    });
    expect(parseNpy(build(dictionary("'|b1'", "(1, 2)"), [0, 1]), "x").dtype).toBe("bool");
  });

  it("turns Fortran order into row-major order", () => {
    // [[1, 2, 3], [4, 5, 6]] by columns.
    const { shape, data } = parseNpy(build(dictionary("'|u1'", "(2, 3)", "True"), [1, 4, 2, 5, 3, 6]), "x");
    expect(shape).toEqual([2, 3]);
    expect([...(data as Uint8Array)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("reads other spellings of the same dictionary", () => {
    const spelled = "{\"shape\":(3L , 1),'fortran_order' :False,\"descr\":'|i1'}";
    expect(parseNpy(build(spelled, [1, 2, 255], [3, 0]), "x")).toEqual({
      dtype: "int8",
      shape: [3, 1],
      data: Int8Array.of(1, 2, -1),
    });
  });

  it.each([
    ["complex numbers", dictionary("'<c8'", "(1,)"), /"<c8" is not supported/],
    ["objects", dictionary("'|O'", "(1,)"), /"\|O" is not supported/],
    ["records", dictionary("[('a', '<f4')]", "(1,)"), /should have a string/],
    ["wide elements without an order", dictionary("'|f4'", "(1,)"), /not supported/],
    ["an empty descr", dictionary("''", "(1,)"), /not supported/],
    ["a negative extent", dictionary("'|u1'", "(-1,)"), /extent/],
    ["an extent over 2^53", dictionary("'|u1'", "(9007199254740993,)"), /extent/],
    ["a product that overflows", dictionary("'|u1'", "(4294967296, 4294967296)"), /takes Infinity bytes/],
    ["a huge shape", dictionary("'<f8'", "(1000000, 1000000)"), /takes 8000000000000 bytes, but 1 follow/],
    ["a number for a tuple", dictionary("'|u1'", "1"), /should have \(/],
    ["a parenthesised number", dictionary("'|u1'", "(1)"), /needs a comma/],
    ["a list for a tuple", dictionary("'|u1'", "[1]"), /should have \(/],
    ["an order that is no boolean", dictionary("'|u1'", "(1,)", "Maybe"), /True or False/],
    ["a missing key", "{'descr': '|u1', 'shape': (1,)}", /lacks one of/],
    ["a key twice", "{'descr': '|u1', 'descr': '|u1', 'shape': (1,)}", /twice/],
    ["a key that is not known", "{'descr': '|u1', 'x': 1}", /"x" twice or needlessly/],
    ["text after the dictionary", `${dictionary("'|u1'", "(1,)")}x`, /goes on/],
    ["a dictionary without an end", "{'descr': '|u1'", /should have \}/],
    ["a string without an end", "{'descr", /no end/],
  ])("refuses %s", (_, header, message) => {
    const error = failure(build(header, [0]));
    expect(error.message).toMatch(message);
    expect(error.offset).toBeGreaterThanOrEqual(10);
  });

  it.each([
    ["another file", Uint8Array.of(1, 2, 3), /does not begin with/],
    ["a version that it does not know", build("{}", [], [4, 0]), /version 4.0/],
    ["a header beyond the file", build("{}").subarray(0, 11), /ends within the header/],
    ["bytes after the elements", build(dictionary("'|u1'", "(1,)"), [1, 2]), /takes 1 bytes, but 2 follow/],
    [
      "a header that is not UTF-8",
      Uint8Array.from([...build("", [], [3, 0]).subarray(0, 8), 1, 0, 0, 0, 0xff]),
      /UTF-8/,
    ],
  ])("refuses %s", (_, bytes, message) => {
    expect(failure(bytes).message).toMatch(message);
  });
});

describe("serializeNpy", () => {
  it("writes the header that NumPy writes", () => {
    const tensor: HostTensor = { dtype: "float32", shape: [1], data: Float32Array.of(1) };
    const bytes = serializeNpy(tensor);
    expect(bytes.length).toBe(128 + 4);
    expect(new TextDecoder("latin1").decode(bytes.subarray(6, 128))).toBe(
      `\x01\x00\x76\x00${"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".padEnd(117)}\n`,
    );
  });

  it("takes version 2 where the header is too long for version 1", () => {
    const shape = new Array<number>(30_000).fill(1);
    const tensor: HostTensor = { dtype: "uint8", shape, data: Uint8Array.of(7) };
    const bytes = serializeNpy(tensor);
    expect(bytes[6]).toBe(2);
    expect(parseNpy(bytes, "x")).toEqual(tensor);
    expect(() => serializeNpy(tensor, { version: 1 })).toThrow(ArgumentError);
  });

  it("refuses bfloat16 and a wrong shape", () => {
    const data = Uint16Array.of(0);
    expect(() => serializeNpy({ dtype: "bfloat16", shape: [1], data })).toThrow(ArgumentError);
    expect(() => serializeNpy({ dtype: "uint16", shape: [2], data })).toThrow(ShapeError);
  });
});
