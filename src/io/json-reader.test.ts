import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileError } from "../core/errors.ts";
import { JsonReader } from "./json-reader.ts";

function reader(text: string | Uint8Array): JsonReader {
  return new JsonReader(typeof text === "string" ? new TextEncoder().encode(text) : text, "a.json", 8);
}

function failure(run: () => unknown): FileError {
  try {
    run();
  } catch (error) {
    if (error instanceof FileError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const natural = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: "binary" });

describe("JsonReader", () => {
  it("reads what JSON.stringify writes", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(text, fc.array(natural), text), { selector: ([key]) => key }),
        fc.constantFrom("", " ", "\n\t"),
        (fields, space) => {
          const json = `{${fields.map(([key, list, value]) => `${JSON.stringify(key)}:${JSON.stringify([...list, value], null, space)}`).join(",")}}${space}`;
          const inner = reader(json);
          const read: unknown[] = [];
          inner.object((key) => {
            const list: (number | string)[] = [];
            const entry = fields[read.length]!;
            inner.array(() => list.push(list.length < entry[1].length ? inner.natural() : inner.string()));
            const value = list.pop();
            read.push([key, list, value]);
          });
          inner.end();
          expect(read).toEqual(fields);
        },
      ),
    );
  });

  it.each([
    ["0", 0],
    [" 7", 7],
    ["9007199254740991", 2 ** 53 - 1],
  ])("reads the natural number %j", (json, value) => {
    expect(reader(json).natural()).toBe(value);
  });

  it.each(["-1", "-0", "1.0", "1e2", "01", "9007199254740992", "1e999", "", "x", "--", "null", '"1"', "NaN"])(
    "refuses %j as a natural number",
    (json) => {
      expect(failure(() => reader(json).natural()).offset).toBe(8);
    },
  );

  it.each([
    ['"abc', 8],
    ['"\\', 8],
    ['"a\u0001"', 8],
    ['"\\x"', 8],
    ['"\\ud800"', 8],
    ["abc", 8],
    ["", 8],
  ])("refuses %j as a string", (json, offset) => {
    expect(failure(() => reader(json).string()).offset).toBe(offset);
  });

  it("refuses a key that occurs twice, even when it is escaped differently", () => {
    const twice = reader('{"é":1,"\\u00e9":2}');
    const error = failure(() => twice.object(() => twice.natural()));
    expect(error.message).toContain("occurs twice");
    // Bytes, not characters: 8 + the length of {"é":1, in UTF-8.
    expect(error.offset).toBe(8 + 8);
  });

  it("does not mistake __proto__ for anything but a key", () => {
    const keys: string[] = [];
    const proto = reader('{"__proto__":1,"constructor":2}');
    proto.object((key) => keys.push(`${key}=${proto.natural()}`));
    expect(keys).toEqual(["__proto__=1", "constructor=2"]);
  });

  it.each(["[1,]", "[1 2]", "[,]", "[", "[1", "{}"])("refuses %j as a list", (json) => {
    const list = reader(json);
    expect(failure(() => list.array(() => list.natural()))).toBeInstanceOf(FileError);
  });

  it("refuses what follows the end, a byte-order mark, and bytes that are not UTF-8", () => {
    expect(failure(() => reader(" x").end()).offset).toBe(9);
    expect(failure(() => reader("\ufeff{}").object(() => {})).offset).toBe(8);
    expect(failure(() => reader(Uint8Array.of(0x22, 0xff, 0x22))).message).toContain("UTF-8");
  });
});
