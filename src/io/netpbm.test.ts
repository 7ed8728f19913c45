import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError, FileError } from "../core/errors.ts";
import { decodeNetpbm, encodeNetpbm } from "./netpbm.ts";

function bytes(text: string, ...raw: number[]): Uint8Array {
  return Uint8Array.from([...new TextEncoder().encode(text), ...raw]);
}

function failure(file: Uint8Array): FileError {
  try {
    decodeNetpbm(file, "x.pgm");
  } catch (error) {
    if (error instanceof FileError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const samples = (file: Uint8Array) => [...decodeNetpbm(file, "x").data];

describe("decodeNetpbm", () => {
  it("reads plain and raw, grey and RGB", () => {
    expect(decodeNetpbm(bytes("P2 2 1 255\n0 255"), "x")).toEqual({
      width: 2,
      height: 1,
      channels: 1,
      data: Uint8Array.of(0, 255),
    });
    expect(samples(bytes("P3\n1\n1\n255\n1 2\n3\n"))).toEqual([1, 2, 3]);
    // The first sample looks like white space.
    expect(samples(bytes("P5 2 1 255 ", 0x20, 9))).toEqual([0x20, 9]);
    expect(samples(bytes("P6\t1\r\n1\n255\n", 1, 2, 3))).toEqual([1, 2, 3]);
  });

  it("reads comments wherever white space may stand", () => {
    expect(samples(bytes("P2#a\n#b\n2 # width\n1\n#\n15 0 # zero\n15"))).toEqual([0, 255]);
  });

  it("scales any maxval to 255, by rounding", () => {
    expect(samples(bytes("P2 4 1 1 0 1 1 0"))).toEqual([0, 255, 255, 0]);
    expect(samples(bytes("P5 3 1 7\n", 0, 3, 7))).toEqual([0, 109, 255]);
    expect(samples(bytes("P5 3 1 65535\n", 0, 0, 0x80, 0, 0xff, 0xff))).toEqual([0, 128, 255]);
    expect(samples(bytes("P5 1 1 256\n", 1, 0))).toEqual([255]);
  });

  it("reads the first of several images", () => {
    expect(samples(bytes("P5 1 1 255\n", 3, 0x50, 0x35))).toEqual([3]);
  });

  it.each([
    ["another format", bytes("P4 1 1 "), /not a PGM or PPM/],
    ["no width", bytes("P5 "), /the width is missing/],
    ["a negative width", bytes("P5 -1 1 255 "), /the width is missing/],
    ["no space before the width", bytes("P52 1 255 "), /white space must stand before the width/],
    ["a width over 2^31", bytes("P5 99999999999999999999 1 255 "), /the width is over/],
    ["maxval 0", bytes("P5 1 1 0 ", 0), /maxval is 0/],
    ["maxval 65536", bytes("P5 1 1 65536 ", 0, 0), /maxval is over 65535/],
    ["no space after maxval", bytes("P5 1 1 255"), /white space must follow/],
    ["no pixels", bytes("P5 0 1 255 "), /has no pixels/],
    ["missing raw samples", bytes("P6 1 1 255 ", 1, 2), /take at least 3 bytes, 2 follow/],
    ["missing plain samples", bytes("P2 2 1 255 1   "), /a sample is missing/],
    ["a plain sample that is no number", bytes("P2 1 1 255 x"), /a sample is missing/],
    ["a plain sample over maxval", bytes("P2 1 1 9 10"), /a sample is over 9/],
    ["a raw sample over maxval", bytes("P5 1 1 9 ", 10), /sample 10 is over maxval 9/],
    ["a size that the file cannot fill", bytes("P5 16384 16384 255 ", 1), /take at least 268435456 bytes/],
    ["a size over the limit", bytes("P5 16385 16385 255 ", 1), /over the limit/],
    ["an empty file", bytes(""), /not a PGM or PPM/],
  ])("refuses %s", (_, file, message) => {
    const error = failure(file);
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ file: "x.pgm" });
    expect(error.offset).toBeLessThanOrEqual(file.length);
  });
});

describe("encodeNetpbm", () => {
  it("round-trips", () => {
    const size = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(
        size,
        size,
        fc.constantFrom<1 | 3>(1, 3),
        fc.infiniteStream(fc.nat(255)),
        (width, height, channels, noise) => {
          const data = Uint8Array.from(noise.take(width * height * channels));
          const image = { width, height, channels, data };
          expect(decodeNetpbm(encodeNetpbm(image), "x")).toEqual(image);
        },
      ),
    );
  });

  it("refuses alpha", () => {
    expect(() => encodeNetpbm({ width: 1, height: 1, channels: 4, data: new Uint8Array(4) })).toThrow(
      ArgumentError,
    );
  });
});
