import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError, FileError } from "../core/errors.ts";
import type { Image } from "./image.ts";
import { decodePng } from "./png.ts";
import { bigEndian32, readPngChunks, writePngChunks } from "./png-chunks.ts";
import { encodePng } from "./png-encode.ts";

interface Vector {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** The file and the samples that it stands for, in base64. */
  readonly png: string;
  readonly pixels: string;
}

/**
 * Images by an independent encoder: every colour type and depth, plain and interlaced, with and without tRNS, a
 * random filter in each row and the data in two chunks. libpng decodes those of up to 8 bits to the same samples.
 */
const vectors = JSON.parse(readFileSync(new URL("png-vectors.json", import.meta.url), "utf8")) as Vector[];
const bytesOfBase64 = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

type Chunk = readonly [type: string, data: Uint8Array];

function ihdr(width: number, height: number, depth = 8, colorType = 0, methods = [0, 0, 0]): Chunk {
  return [
    "IHDR",
    Uint8Array.from([...bigEndian32(width), ...bigEndian32(height), depth, colorType, ...methods]),
  ];
}

function idat(...raw: number[]): Chunk {
  return ["IDAT", new Uint8Array(deflateSync(Uint8Array.from(raw)))];
}

const iend: Chunk = ["IEND", new Uint8Array(0)];
const plte = (...colors: number[]): Chunk => ["PLTE", Uint8Array.from(colors)];
const trns = (...alpha: number[]): Chunk => ["tRNS", Uint8Array.from(alpha)];

async function failure(bytes: Uint8Array): Promise<FileError> {
  const error = await decodePng(bytes, "x.png").catch((reason: unknown) => reason);
  if (error instanceof FileError) return error;
  throw error;
}

describe("decodePng", () => {
  it.each(vectors)("reads $name", async ({ png, pixels, width, height, channels }) => {
    expect(await decodePng(bytesOfBase64(png), "x.png")).toEqual({
      width,
      height,
      channels,
      data: bytesOfBase64(pixels),
    });
  });

  it("puts Adam7's passes where the specification's table has them", async () => {
    const passOfPixel = [
      "16462646",
      "77777777",
      "56565656",
      "77777777",
      "36463646",
      "77777777",
      "56565656",
      "77777777",
    ].map((row) => [...row].map(Number));
    const raw = [1, 2, 3, 4, 5, 6, 7].flatMap((pass) =>
      passOfPixel
        .map((row) => row.filter((p) => p === pass))
        .filter((row) => row.length > 0)
        .flatMap((row) => [0, ...row]),
    );
    const { data } = await decodePng(writePngChunks([ihdr(8, 8, 8, 0, [0, 0, 1]), idat(...raw), iend]), "x");
    expect([...data]).toEqual(passOfPixel.flat());
  });

  it("undoes each filter, as worked out by hand", async () => {
    const rows = [
      [0, 10, 20, 40],
      [1, 5, 250, 10],
      [2, 1, 1, 255],
      [3, 2, 2, 2],
      [4, 1, 1, 1],
    ];
    const { data } = await decodePng(writePngChunks([ihdr(3, 5), idat(...rows.flat()), iend]), "x");
    expect([...data]).toEqual([
      ...[10, 20, 40],
      ...[5, 255, 9],
      ...[6, 0, 8],
      ...[2 + (6 >> 1), 2 + (5 >> 1), 2 + ((4 + 8) >> 1)],
      ...[6, 6, 9],
    ]);
  });

  const pixel = idat(0, 7);
  const other = (...data: number[]): Chunk => ["IDAT", Uint8Array.from(data)];
  it.each<[string, Chunk[], RegExp]>([
    ["no header", [pixel, iend], /first chunk is not IHDR/],
    ["a second header", [ihdr(1, 1), ihdr(1, 1), pixel, iend], /IHDR: is not known, or out of place/],
    [
      "an unknown chunk that is critical",
      [ihdr(1, 1), ["NEWS", new Uint8Array(0)], pixel, iend],
      /NEWS: is not known/,
    ],
    ["no data", [ihdr(1, 1), iend], /no IDAT/],
    ["no end", [ihdr(1, 1), pixel], /ends within a chunk's length/],
    ["an end with data", [ihdr(1, 1), pixel, ["IEND", Uint8Array.of(1)]], /IEND: is not empty/],
    ["split data", [ihdr(1, 1), pixel, ["tIME", new Uint8Array(7)], other(), iend], /does not follow/],
    ["colour type 1", [ihdr(1, 1, 8, 1), pixel, iend], /colour type 1/],
    ["RGB of 4 bits", [ihdr(1, 1, 4, 2), pixel, iend], /no bit depth 4/],
    ["compression 1", [ihdr(1, 1, 8, 0, [1, 0, 0]), pixel, iend], /compression 1/],
    ["filter method 1", [ihdr(1, 1, 8, 0, [0, 1, 0]), pixel, iend], /filter method 1/],
    ["interlace 2", [ihdr(1, 1, 8, 0, [0, 0, 2]), pixel, iend], /interlace method 2/],
    ["no pixels", [ihdr(0, 1), pixel, iend], /has no pixels/],
    ["a row filter 5", [ihdr(1, 1), idat(5, 7), iend], /row filter 5/],
    ["too little data", [ihdr(2, 1), pixel, iend], /gives 2 of the 3 bytes/],
    ["too much data", [ihdr(1, 1), idat(0, 1, 2), iend], /gives more than the 2 bytes/],
    ["no zlib stream", [ihdr(1, 1), other(1, 2, 3), iend], /broken compressed data/],
    ["no palette", [ihdr(1, 1, 8, 3), pixel, iend], /no palette/],
    ["a colour outside the palette", [ihdr(1, 1, 8, 3), plte(1, 2, 3), pixel, iend], /colour 7/],
    ["a grey image's palette", [ihdr(1, 1), plte(1, 2, 3), pixel, iend], /has no palette/],
    ["half a colour", [ihdr(1, 1, 8, 3), plte(1, 2), pixel, iend], /2 bytes are not/],
    [
      "a palette of more colours than the depth has",
      [ihdr(1, 1, 1, 3), plte(...Array(9).fill(0)), pixel, iend],
      /1 to 2 colours/,
    ],
    ["a palette after the data", [ihdr(1, 1, 8, 2), idat(0, 1, 2, 3), plte(1, 2, 3), iend], /too late/],
    [
      "transparency before the palette",
      [ihdr(1, 1, 8, 3), trns(1), plte(1, 2, 3), pixel, iend],
      /before the palette/,
    ],
    [
      "more transparency than colours",
      [ihdr(1, 1, 8, 3), plte(1, 2, 3), trns(1, 2), pixel, iend],
      /2 entries for 1/,
    ],
    ["transparency beside alpha", [ihdr(1, 1, 8, 4), trns(0, 0), idat(0, 1, 1), iend], /alpha channel/],
    ["transparency of a wrong length", [ihdr(1, 1), trns(0), pixel, iend], /1 bytes do not fit/],
  ])("refuses %s", async (_, chunks, message) => {
    const error = await failure(writePngChunks(chunks));
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ file: "x.png" });
    expect(error.offset).toBeGreaterThanOrEqual(8);
  });

  it("refuses a wrong CRC, a type that is no text, and a chunk longer than the file", async () => {
    const good = writePngChunks([ihdr(1, 1), pixel, iend]);
    expect((await failure(good.with(20, 1))).message).toMatch(/CRC of chunk IHDR/);
    expect((await failure(good.with(12, 1))).message).toMatch(/no type of a chunk/);
    expect((await failure(good.with(8, 0xff))).message).toMatch(
      /ends within chunk IHDR, which takes 4278190093/,
    );
  });

  it("refuses declared sizes that the file cannot fill, before it allocates", async () => {
    const start = performance.now();
    const before = process.memoryUsage().arrayBuffers;
    for (const [width, height] of [
      [2 ** 31 - 1, 2 ** 31 - 1],
      [2 ** 20, 2 ** 20],
      [2 ** 14, 2 ** 14],
      [2 ** 28, 1],
    ]) {
      const error = await failure(writePngChunks([ihdr(width!, height!), pixel, iend]));
      expect(error.message).toMatch(/over the limit|compressed bytes cannot give/);
    }
    const palette = [ihdr(2 ** 14, 2 ** 14, 1, 3), plte(1, 2, 3), pixel, iend];
    expect((await failure(writePngChunks(palette))).message).toMatch(
      /16384 × 16384 × 3 samples is over the limit/,
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    expect(performance.now() - start).toBeLessThan(50);
  });
});

const images: fc.Arbitrary<Image> = fc
  .tuple(
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 1, max: 20 }),
    fc.constantFrom(1, 2, 3, 4),
    fc.boolean(),
  )
  .chain(([width, height, channels, smooth]) => {
    const length = width * height * channels;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((noise) => ({ width, height, channels, data: smooth ? noise.map((v, i) => i + (v & 3)) : noise }));
  });

describe("encodePng", () => {
  it("round-trips", async () => {
    await fc.assert(
      fc.asyncProperty(images, async (image) => {
        expect(await decodePng(await encodePng(image), "x.png")).toEqual(image);
      }),
      { numRuns: 60 },
    );
  });

  it("chooses filters that make a ramp small", async () => {
    const data = Uint8Array.from({ length: 256 * 256 }, (_, i) => i + (i >> 8));
    const chunks = readPngChunks(await encodePng({ width: 256, height: 256, channels: 1, data }), "x");
    expect(chunks[1]!.data.length).toBeLessThan(1000);
  });

  it("refuses samples that do not fill the size", async () => {
    const image: Image = { width: 2, height: 2, channels: 1, data: new Uint8Array(3) };
    await expect(encodePng(image)).rejects.toThrow(ArgumentError);
  });
});
