import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFloat16 } from "./float16.ts";
import type { HostTensor, StoredArrays, StoredDType } from "./host-tensor.ts";
import { toFloat32 } from "./to-float32.ts";

function vector<D extends StoredDType>(dtype: D, data: StoredArrays[D]): HostTensor {
  return { dtype, shape: [data.length], data } as HostTensor;
}

const bitsOf = (floats: Float32Array) => [
  ...new Uint32Array(floats.buffer, floats.byteOffset, floats.length),
];

/** The float32 nearest to a value of at least 2^25 by exact comparison, ties to the even significand. */
function nearestFloat32(value: bigint): number {
  const guess = new Float32Array([Number(value)]);
  const bits = new Uint32Array(guess.buffer);
  const distance = (candidate: number) => {
    const difference = BigInt(candidate) - value;
    return difference < 0n ? -difference : difference;
  };
  const candidates = [bits[0]! - 1, bits[0]!, bits[0]! + 1].map((candidate) => {
    bits[0] = candidate;
    return { value: guess[0]!, odd: candidate % 2, far: distance(guess[0]!) };
  });
  return candidates.toSorted((a, b) => (a.far < b.far ? -1 : a.far > b.far ? 1 : a.odd - b.odd))[0]!.value;
}

describe("toFloat32", () => {
  it("gives a float32 tensor's own array", () => {
    const data = Float32Array.of(1, 2);
    expect(toFloat32(vector("float32", data))).toBe(data);
  });

  it("converts all halves, NaN payloads and signs included", () => {
    const floats = toFloat32(
      vector(
        "float16",
        Uint16Array.from({ length: 65536 }, (_, half) => half),
      ),
    );
    expect([...floats]).toEqual(Array.from({ length: 65536 }, (_, half) => decodeFloat16(half)));
    expect(bitsOf(floats.subarray(0x7e55, 0x7e56))).toEqual([0x7fcaa000]);
    expect(bitsOf(floats.subarray(0xfc01, 0xfc02))).toEqual([0xff802000]);
  });

  it("converts bfloat16 by its definition as the upper half of a float32", () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    expect(bitsOf(toFloat32(vector("bfloat16", halves)))).toEqual([...halves].map((bits) => bits * 65536));
  });

  it("rounds 64-bit integers once", () => {
    // 2^60 + 2^36 is a tie of float32; the one more decides, but is lost in a float64.
    const aboveTie = (1n << 60n) + (1n << 36n) + 1n;
    expect(toFloat32(vector("int64", BigInt64Array.of(aboveTie, -aboveTie)))).toEqual(
      Float32Array.of(2 ** 60 + 2 ** 37, -(2 ** 60) - 2 ** 37),
    );
    // Around ties: 25 significant bits of which the last is set, and a little more or less.
    const shifted = fc.tuple(
      fc.integer({ min: 2 ** 23, max: 2 ** 24 - 1 }),
      fc.bigInt({ min: 29n, max: 37n }),
    );
    fc.assert(
      fc.property(
        shifted,
        fc.bigInt({ min: -3n, max: 3n }),
        fc.bigInt(1n, 2n ** 62n),
        ([half, shift], delta, any) => {
          const values = [(BigInt(2 * half + 1) << shift) + delta, any + 2n ** 53n];
          const nearest = Float32Array.from(values, nearestFloat32);
          expect(toFloat32(vector("int64", BigInt64Array.from(values)))).toEqual(nearest);
          expect(toFloat32(vector("uint64", BigUint64Array.from(values)))).toEqual(nearest);
          const negative = values.map((value) => -value);
          expect(toFloat32(vector("int64", BigInt64Array.from(negative)))).toEqual(
            nearest.map((value) => -value),
          );
        },
      ),
    );
  });

  it("converts the other types", () => {
    expect(toFloat32(vector("float64", Float64Array.of(0.1, -0, Number.NaN)))).toEqual(
      Float32Array.of(0.1, -0, Number.NaN),
    );
    expect(toFloat32(vector("int32", Int32Array.of(-(2 ** 31), 2 ** 24 + 1)))).toEqual(
      Float32Array.of(-(2 ** 31), 2 ** 24),
    );
    expect(toFloat32(vector("uint32", Uint32Array.of(2 ** 32 - 1)))).toEqual(Float32Array.of(2 ** 32));
    expect(toFloat32(vector("int16", Int16Array.of(-32768)))).toEqual(Float32Array.of(-32768));
    expect(toFloat32(vector("uint16", Uint16Array.of(65535)))).toEqual(Float32Array.of(65535));
    expect(toFloat32(vector("int8", Int8Array.of(-128)))).toEqual(Float32Array.of(-128));
    expect(toFloat32(vector("uint8", Uint8Array.of(255)))).toEqual(Float32Array.of(255));
    expect(toFloat32(vector("bool", Uint8Array.of(0, 1, 7)))).toEqual(Float32Array.of(0, 1, 1));
  });
});
