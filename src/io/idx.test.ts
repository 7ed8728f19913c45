import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileError } from "../core/errors.ts";
import { gunzip, isGzip } from "./gunzip.ts";
import {
  bytesOf,
  countElements,
  elementsOf,
  type HostTensor,
  type StoredDType,
  storedBytesPerElement,
} from "./host-tensor.ts";
import { parseIdx } from "./idx.ts";

const codes = { uint8: 8, int8: 9, int16: 11, int32: 12, float32: 13, float64: 14 } as const;

function build(code: number, shape: readonly number[], data: Uint8Array | readonly number[]): Uint8Array {
  const extents = shape.flatMap((n) => [n >>> 24, n >>> 16, n >>> 8, n]);
  return Uint8Array.from([0, 0, code, shape.length, ...extents, ...data]);
}

function failure(bytes: Uint8Array): FileError {
  try {
    parseIdx(bytes, "x-idx");
  } catch (error) {
    if (error instanceof FileError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("parseIdx", () => {
  it("reads every type and rank, big-endian", () => {
    const type = fc.constantFrom(...(Object.keys(codes) as (keyof typeof codes)[]));
    fc.assert(
      fc.property(
        type,
        fc.array(fc.nat(4), { maxLength: 5 }),
        fc.infiniteStream(fc.nat(255)),
        (dtype, shape, random) => {
          const length = countElements(shape)! * storedBytesPerElement(dtype);
          const raw = Uint8Array.from(random.take(length));
          const tensor = { dtype, shape, data: elementsOf(raw, dtype as StoredDType) } as HostTensor;
          const read = parseIdx(build(codes[dtype], shape, bytesOf(tensor, false)), "x");
          expect([read.dtype, read.shape]).toEqual([dtype, shape]);
          expect(bytesOf(read)).toEqual(raw);
        },
      ),
    );
  });

  it("gives bytes as a view", () => {
    const bytes = build(8, [2], [5, 6]);
    const { data } = parseIdx(bytes, "x");
    expect(data.buffer).toBe(bytes.buffer);
  });

  it.each([
    ["other magic", Uint8Array.of(1, 0, 8, 0, 1), /two zero bytes/, 0],
    ["an unknown type", build(0x0a, [1], [0]), /type 0x0a/, 2],
    ["an extent beyond the file", build(8, [3], []).subarray(0, 6), /ends within the extent of axis 0/, 4],
    ["elements beyond the file", build(8, [3], [1, 2]), /uint8 \[3\] takes 3 bytes, but 2 follow/, 8],
    ["bytes after the elements", build(8, [1], [1, 2]), /takes 1 bytes, but 2 follow/, 8],
    [
      "a shape of 2^96 elements",
      build(13, [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], [1]),
      /takes Infinity bytes/,
      16,
    ],
    ["an empty file", new Uint8Array(0), /ends within the IDX magic/, 0],
  ])("refuses %s", (_, bytes, message, offset) => {
    const error = failure(bytes);
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ file: "x-idx", offset });
  });
});

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

describe("gunzip", () => {
  const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 5);

  it("decompresses gzip and leaves other bytes as they are", async () => {
    const packed = await gzip(content);
    expect(isGzip(packed)).toBe(true);
    expect(await gunzip(packed, "x.gz")).toEqual(content);
    expect(await gunzip(content, "x")).toBe(content);
    expect(await gunzip(await gzip(new Uint8Array(0)), "x.gz")).toEqual(new Uint8Array(0));
  });

  it("refuses damaged, cut and trailing data", async () => {
    const packed = await gzip(content);
    const flipped = packed.with(packed.length - 6, packed.at(-6)! ^ 1);
    const followed = Uint8Array.from([...packed, 1, 2, 3]);
    for (const bytes of [flipped, packed.subarray(0, packed.length - 1), packed.subarray(0, 2), followed]) {
      const error = await gunzip(bytes, "x.gz").catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(FileError);
      expect(error).toMatchObject({
        file: "x.gz",
        message: expect.stringContaining("broken compressed data"),
      });
    }
  });

  it("stops at the limit, long before a bomb has gone off", async () => {
    const bomb = await gzip(new Uint8Array(2 ** 26));
    const start = performance.now();
    await expect(gunzip(bomb, "bomb.gz", 1000)).rejects.toThrow(/more than the limit of 1000 bytes/);
    expect(performance.now() - start).toBeLessThan(100);
  });
});

const mnist = join(process.env["FOVEA_SHARED"] ?? "../shared", "data/mnist");

describe.skipIf(!existsSync(mnist))("MNIST (skipped where the shared data is absent)", () => {
  it.each([
    ["train", 60_000, "5041921314"],
    ["t10k", 10_000, "7210414959"],
  ])("has the %s set of %i digits", async (part, count, first) => {
    const read = async (name: string) => parseIdx(await gunzip(readFileSync(join(mnist, name)), name), name);
    const images = await read(`${part}-images-idx3-ubyte.gz`);
    expect([images.dtype, images.shape]).toEqual(["uint8", [count, 28, 28]]);
    const labels = await read(`${part}-labels-idx1-ubyte.gz`);
    expect(labels.shape).toEqual([count]);
    expect([...(labels.data as Uint8Array).subarray(0, 10)].join("")).toBe(first);
  });
});
