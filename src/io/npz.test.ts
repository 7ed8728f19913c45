import { describe, expect, it } from "vitest";
import { ArgumentError, FileError } from "../core/errors.ts";
import { serializeNpy } from "./npy.ts";
import { parseNpz, serializeNpz } from "./npz.ts";
import { readZip } from "./zip.ts";
import { writeZip } from "./zip-write.ts";

// Written with Python's zipfile in the three ways that NumPy and others use it.
const stored =
  "UEsDBC0AAAAAAAAAIQBP6QAq//////////8KABQAd2VpZ2h0Lm5weQEAEACYAAAAAAAAAJgAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPwAAAEAAAEBAAACAQAAAoEBQSwMELQAAAAAAAAAhAKKKo7D//////////wkAFABjb3VudC5ucHkBABAAiAAAAAAAAACIAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJz5pOCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAK////AAAAAABQSwECLQMtAAAAAAAAACEAT+kAKpgAAACYAAAACgAAAAAAAAAAAAAAgAEAAAAAd2VpZ2h0Lm5weVBLAQItAy0AAAAAAAAAIQCiiqOwiAAAAIgAAAAJAAAAAAAAAAAAAACAAdQAAABjb3VudC5ucHlQSwUGAAAAAAIAAgBvAAAAlwEAAAAA";
const deflated =
  "UEsDBC0AAAAIAAAAIQBP6QAq//////////8KABQAd2VpZ2h0Lm5weQEAEACYAAAAAAAAAFUAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNmoq6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKxpo6CrUKZAMuBjBosAcSDkAExA1AvMABAFBLAwQtAAAACAAAACEAooqjsP//////////CQAUAGNvdW50Lm5weQEAEACIAAAAAAAAAEgAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpdpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkamjoKtQoUAa7///8zgAAAUEsBAi0DLQAAAAgAAAAhAE/pACpVAAAAmAAAAAoAAAAAAAAAAAAAAIABAAAAAHdlaWdodC5ucHlQSwECLQMtAAAACAAAACEAooqjsEgAAACIAAAACQAAAAAAAAAAAAAAgAGRAAAAY291bnQubnB5UEsFBgAAAAACAAIAbwAAABQBAAAAAA==";
const streamed =
  "UEsDBBQACAAIACuLdl0AAAAAAAAAAAAAAAAFAAAAeC5ucHmb7BfqGxDJyFDGUK2eklqcXKRupaBeU2qorqOgnpZfVFKUmBefX5SSChIPKSpNBQoXZyQWpAK5GkY6CkaaOgq1CuQDLkYmZhYAUEsHCKwJ5utJAAAAhAAAAFBLAQIUAxQACAAIACuLdl2sCebrSQAAAIQAAAAFAAAAAAAAAAAAAACAAQAAAAB4Lm5weVBLBQYAAAAAAQABADMAAAB8AAAAAAA=";
const bytesOfBase64 = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

async function failure(bytes: Uint8Array): Promise<FileError> {
  const error = await parseNpz(bytes, "x.npz").catch((reason: unknown) => reason);
  if (error instanceof FileError) return error;
  throw error;
}

/** A copy with little-endian integers written over it. */
function patched(
  bytes: Uint8Array,
  ...values: readonly (readonly [at: number, width: 2 | 4, value: number])[]
): Uint8Array {
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  for (const [at, width, value] of values) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  }
  return copy;
}

describe("parseNpz", () => {
  it.each([
    ["stored", stored],
    ["deflated", deflated],
  ])(
    "reads %s arrays whose local headers have zip64's extra field, as numpy.savez writes them",
    async (_, text) => {
      const arrays = await parseNpz(bytesOfBase64(text), "x.npz");
      expect([...arrays.keys()]).toEqual(["weight", "count"]);
      expect(arrays.get("weight")).toEqual({
        dtype: "float32",
        shape: [2, 3],
        data: Float32Array.of(0, 1, 2, 3, 4, 5),
      });
      expect(arrays.get("count")).toEqual({
        dtype: "int64",
        shape: [],
        data: BigInt64Array.of(-(2n ** 40n)),
      });
    },
  );

  it("reads an archive that was streamed, with sizes and CRC only in the directory", async () => {
    const arrays = await parseNpz(bytesOfBase64(streamed), "x.npz");
    expect(arrays.get("x")).toEqual({ dtype: "uint8", shape: [2, 2], data: Uint8Array.of(1, 3, 2, 4) });
  });

  it("reads an archive with a comment", async () => {
    const bytes = bytesOfBase64(streamed);
    const commented = new Uint8Array(bytes.length + 9);
    commented.set(bytes);
    commented.set(new TextEncoder().encode("PK\u0005\u0006 text"), bytes.length);
    commented[bytes.length - 2] = 9;
    expect((await parseNpz(commented, "x.npz")).size).toBe(1);
  });

  // Offsets within `streamed`: local header 0, data 35, directory entry 124, end record 175.
  const base = bytesOfBase64(streamed);
  it.each([
    [
      "a flipped bit in the data",
      patched(base, [60, 2, 0x1234]),
      /broken compressed data|CRC|bytes declared/,
    ],
    ["a wrong CRC", patched(base, [124 + 16, 4, 1]), /CRC does not match/],
    ["more data than declared", patched(base, [124 + 24, 4, 100]), /gives more than the 100 bytes/],
    ["less data than declared", patched(base, [124 + 24, 4, 200]), /gives 132 of the 200 bytes/],
    [
      "a size that deflate cannot reach",
      patched(base, [124 + 24, 4, 0x7fff_ffff]),
      /73 compressed bytes cannot give/,
    ],
    ["compressed data beyond the directory", patched(base, [124 + 20, 4, 100]), /runs into the directory/],
    ["compressed data beyond the file", patched(base, [124 + 20, 4, 10_000]), /ends within/],
    ["a local header beyond the file", patched(base, [124 + 42, 4, 10_000]), /10000 is beyond the file/],
    ["zip64 sizes", patched(base, [124 + 24, 4, 0xffff_ffff]), /no zip64 size/],
    ["a zip64 directory", patched(base, [175 + 16, 4, 0xffff_ffff]), /needs a zip64 record/],
    ["encryption", patched(base, [124 + 8, 2, 9]), /encryption/],
    ["another method", patched(base, [124 + 10, 2, 12]), /method 12/],
    ["a stored entry with two sizes", patched(base, [124 + 10, 2, 0]), /cannot be/],
    ["a local header of another name", patched(base, [30, 2, 0]), /differs from the directory/],
    ["a directory of other length", patched(base, [175 + 12, 4, 50]), /does not end where/],
    [
      "more entries than there are",
      patched(base, [175 + 8, 2, 2], [175 + 10, 2, 2]),
      /ends within a directory entry/,
    ],
    ["fewer entries than there are", patched(base, [175 + 8, 2, 0], [175 + 10, 2, 0]), /goes on after/],
    ["several disks", patched(base, [175 + 4, 2, 1]), /several disks/],
    ["no end record", base.subarray(0, 180), /no end-of-directory/],
    ["an empty file", new Uint8Array(0), /no end-of-directory/],
  ])("refuses %s", async (_, bytes, message) => {
    const error = await failure(bytes);
    expect(error.message).toMatch(message);
    expect(error.offset).toBeDefined();
  });

  it("refuses entries that share their data, by which a small file stands for a large one", async () => {
    const array = serializeNpy({ dtype: "uint8", shape: [1], data: Uint8Array.of(1) });
    const localHeaderAndData = (await writeZip([["b.npy", array]], false)).subarray(0, 35 + array.length);
    const bytes = await writeZip(
      [
        ["a.npy", localHeaderAndData],
        ["b.npy", array],
      ],
      false,
    );
    const offsetOfB = bytes.length - 22 - 51 + 42;
    expect((await failure(patched(bytes, [offsetOfB, 4, 35]))).message).toMatch(/"b.npy" overlaps another/);
  });

  it("refuses a member that is no array, and names the one that is broken", async () => {
    expect((await failure(await writeZip([["a.txt", new Uint8Array(1)]], false))).message).toMatch(
      /"a.txt" is no .npy/,
    );
    const broken = await failure(await writeZip([["a.npy", new Uint8Array(1)]], true));
    expect(broken.file).toBe("x.npz/a.npy");
  });
});

describe("writeZip", () => {
  it("gives the same bytes for the same contents", async () => {
    const once = await writeZip([["ä", Uint8Array.of(1, 2, 3)]], true);
    expect(await writeZip([["ä", Uint8Array.of(1, 2, 3)]], true)).toEqual(once);
    const [entry] = readZip(once, "x.zip");
    expect(entry!.name).toBe("ä");
    expect(await entry!.read()).toEqual(Uint8Array.of(1, 2, 3));
  });

  it("refuses a name that occurs twice", async () => {
    const tensor = { dtype: "uint8", shape: [1], data: Uint8Array.of(1) } as const;
    await expect(
      serializeNpz([
        ["a", tensor],
        ["a", tensor],
      ]),
    ).rejects.toThrow(ArgumentError);
  });
});
