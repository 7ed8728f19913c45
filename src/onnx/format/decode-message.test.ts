import { describe, expect, it } from "vitest";
import { FileError } from "../../core/errors.ts";
import { decodeMessage } from "./codec.ts";

const bytes = (...parts: readonly number[]): Uint8Array => Uint8Array.from(parts);
const attribute = (...parts: readonly number[]) => decodeMessage("Attribute", bytes(...parts), "a.onnx");

describe("messages in protobuf's wire format", () => {
  it("have signed numbers of 64 bits in up to ten bytes", () => {
    expect(attribute(0x18, 0x96, 0x01).i).toBe(150);
    expect(attribute(0x18, ...new Array(9).fill(0xff), 0x01).i).toBe(-1);
    expect(attribute(0x18, ...new Array(8).fill(0xff), 0x7f).i).toBe(2 ** 63);
    expect(attribute(0x18, ...new Array(9).fill(0x80), 0x01).i).toBe(-(2 ** 63));
    const tensor = decodeMessage("Tensor", bytes(0x38, ...new Array(9).fill(0xff), 0x01), "a.onnx");
    expect(tensor.int64Data).toEqual([-1n]);
    const unsigned = decodeMessage("Tensor", bytes(0x58, ...new Array(9).fill(0xff), 0x01), "a.onnx");
    expect(unsigned.uint64Data).toEqual([2n ** 64n - 1n]);
  });

  it("have lists of numbers one by one, packed, or both", () => {
    expect(Array.from(attribute(0x40, 1, 0x40, 2).ints)).toEqual([1, 2]);
    expect(Array.from(attribute(0x42, 2, 1, 2, 0x40, 3, 0x42, 1, 4).ints)).toEqual([1, 2, 3, 4]);
    const one = [0, 0, 0x80, 0x3f];
    expect(Array.from(attribute(0x3d, ...one).floats)).toEqual([1]);
    expect(Array.from(attribute(0x3a, 8, ...one, ...one, 0x3d, ...one).floats)).toEqual([1, 1, 1]);
  });

  it("may have fields that nobody knows, of every wire type", () => {
    const unknown = [
      0xa0,
      0x06,
      1,
      0xa1,
      0x06,
      ...new Array(8).fill(0),
      0xa2,
      0x06,
      1,
      0,
      0xa5,
      0x06,
      0,
      0,
      0,
      0,
    ];
    expect(attribute(...unknown, 0x18, 7).i).toBe(7);
  });

  it("give the last value where a field comes twice", () => {
    expect(attribute(0x18, 7, 0x18, 8).i).toBe(8);
  });

  it.each<[string, readonly number[], string]>([
    ["a number that goes on", [0x18, 0x80], "the message ends within a number (at byte 1)"],
    ["a number of eleven bytes", [0x18, ...new Array(11).fill(0x80), 1], "more than ten bytes (at byte 1)"],
    ["a field without a number", [0x00, 1], "no field has this number (at byte 0)"],
    ["a group", [0x1b], "i has wire type 3 instead of 0 (at byte 0)"],
    ["a length beyond the end", [0x22, 5, 1], "s should take 5 bytes, but 1 follow (at byte 1)"],
    [
      "a length beyond the message around",
      [0x2a, 2, 0x42, 9, 0, 0],
      "t.name should take 9 bytes, but 0 follow",
    ],
    ["a float cut short", [0x15, 0, 0], "the message ends within a number"],
    ["packed floats that do not fit", [0x3a, 3, 0, 0, 0], "has 3 bytes for numbers of 4"],
    ["a name that is no text", [0x0a, 1, 0xff], "name is no UTF-8 text (at byte 1)"],
    ["another wire type", [0x1a, 1, 1], "i has wire type 2 instead of 0 (at byte 0)"],
  ])("with %s are refused", (_, parts, problem) => {
    expect(() => attribute(...parts)).toThrow(FileError);
    expect(() => attribute(...parts)).toThrow(problem);
  });
});
