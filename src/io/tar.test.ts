import { describe, expect, it } from "vitest";
import { breakBytes, type Format, testBrokenFiles } from "../../test/broken-files.ts";
import { tarOf } from "../../test/write-tar.ts";
import { readTar } from "./tar.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("readTar", () => {
  it("gives the files, as views, and no folders", () => {
    const archive = tarOf({
      "a/": text(""),
      "a/b.txt": text("hello"),
      empty: text(""),
      long: new Uint8Array(1025).fill(7),
    });
    const entries = readTar(archive, "x.tar");
    expect(entries.map(({ name, bytes }) => [name, bytes.length])).toEqual([
      ["a/b.txt", 5],
      ["empty", 0],
      ["long", 1025],
    ]);
    expect(new TextDecoder().decode(entries[0]!.bytes)).toBe("hello");
    expect(entries[0]!.bytes.buffer).toBe(archive.buffer);
  });

  it("refuses other files, archives that are cut, and sizes beyond the end", () => {
    const archive = tarOf({ a: text("hello") });
    expect(() => readTar(new Uint8Array(512).fill(1), "x.tar")).toThrow("x.tar: is no tar archive");
    expect(() => readTar(archive.subarray(0, 516), "x.tar")).toThrow('"a" runs over the archive\'s end');
    expect(() => readTar(archive.subarray(0, 1024), "x.tar")).toThrow("has no end");
    expect(() => readTar(new Uint8Array(0), "x.tar")).toThrow("has no end");
  });
});

const formats: Readonly<Record<string, Format>> = {
  tar: {
    sound: async () => [tarOf({ "a/b": text("hello"), c: new Uint8Array(600) }).subarray(0, 2560 + 512)],
    parse: async (bytes) => {
      for (const entry of readTar(bytes, "fuzz"))
        if (entry.bytes.byteOffset < 512) throw new Error("a header as content");
    },
    ratio: 1,
    runs: 1000,
    breakInside: (bytes, draw) => breakBytes(bytes, draw),
  },
};
describe.each(Object.entries(formats))("broken %s files", testBrokenFiles);
