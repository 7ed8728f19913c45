import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { editDistance, nearest } from "./nearest.ts";

describe("names", () => {
  test("are found although they are misspelt", () => {
    const names = ["train", "eval", "classify", "summary"];
    expect(nearest("trian", names)).toBe("train");
    expect(nearest("evaluate", names)).toBeUndefined();
    expect(nearest("sum", names)).toBe("summary");
    expect(nearest("TRAIN", names)).toBe("train");
    expect(nearest("", names)).toBeUndefined();
    expect(nearest("zzz", names)).toBeUndefined();
  });

  test("are as far apart as they have single changes between them", () => {
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("ab", "ba")).toBe(1);
    const word = fc.string({ maxLength: 6 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });
});
