import { describe, expect, it } from "vitest";
import { ArgumentError, ShapeError } from "../core/errors.ts";
import { bytesOf, checkHostTensor, countElements, elementsOf, type HostTensor } from "./host-tensor.ts";

describe("elementsOf", () => {
  const buffer = Uint8Array.from({ length: 16 }, (_, i) => i);

  it("is a view where alignment permits, and a copy of the part where it does not", () => {
    const aligned = elementsOf(buffer.subarray(4, 12), "float32");
    expect(aligned.buffer).toBe(buffer.buffer);
    expect(aligned.byteOffset).toBe(4);
    const misaligned = elementsOf(buffer.subarray(1, 9), "uint32");
    expect(misaligned.buffer.byteLength).toBe(8);
    expect([...misaligned]).toEqual([0x04030201, 0x08070605]);
  });

  it("reads big-endian elements without touching the source", () => {
    expect([...elementsOf(buffer.subarray(0, 4), "uint16", false)]).toEqual([0x0001, 0x0203]);
    expect([...elementsOf(buffer.subarray(1, 9), "uint64", false)]).toEqual([0x0102030405060708n]);
    expect(buffer[0]).toBe(0);
  });

  it("copies out of a Node Buffer, whose slice() would be a view", () => {
    const pool = Buffer.from([9, 1, 2, 3, 4]);
    const [value] = elementsOf(pool.subarray(1), "uint32", false);
    expect(value).toBe(0x01020304);
    expect([...pool]).toEqual([9, 1, 2, 3, 4]);
  });
});

describe("bytesOf", () => {
  it("gives the bytes in either order", () => {
    const tensor: HostTensor<"uint16"> = {
      dtype: "uint16",
      shape: [2],
      data: Uint16Array.of(0x0102, 0x0304),
    };
    expect([...bytesOf(tensor)]).toEqual([2, 1, 4, 3]);
    expect([...bytesOf(tensor, false)]).toEqual([1, 2, 3, 4]);
  });
});

describe("countElements", () => {
  it.each([
    [[], 1],
    [[0], 0],
    [[2, 3, 4], 24],
    [[2 ** 26, 2 ** 26], 2 ** 52],
    [[2 ** 27, 2 ** 26], undefined],
    [[-1], undefined],
    [[1.5], undefined],
    [[Number.NaN], undefined],
  ])("of %j is %j", (shape, count) => {
    expect(countElements(shape)).toBe(count);
  });
});

describe("checkHostTensor", () => {
  it("refuses what could not be read back", () => {
    const data = Uint8Array.of(1, 2);
    const check = (tensor: unknown) => () => checkHostTensor(tensor as HostTensor, "x");
    expect(check({ dtype: "uint8", shape: [2], data })).not.toThrow();
    expect(check({ dtype: "uint8", shape: [3], data })).toThrow(ShapeError);
    expect(check({ dtype: "uint8", shape: [-2, -1], data })).toThrow(ShapeError);
    expect(check({ dtype: "float32", shape: [2], data })).toThrow(ArgumentError);
    expect(check({ dtype: "complex64", shape: [2], data })).toThrow(ArgumentError);
  });
});
