import fc from "fast-check";
import { expect, test } from "vitest";
import { type Band, bandOf, transposeBand } from "./band.ts";

function dense({ extent, start, weights }: Band): number[][] {
  return weights.map((row, o) => Array.from({ length: extent }, (_, i) => row[i - start[o]!] ?? 0));
}

test("a transposed band is the transposed matrix", () => {
  const band = fc.integer({ min: 1, max: 6 }).chain((extent) =>
    fc
      .array(
        fc
          .integer({ min: 0, max: extent - 1 })
          .chain((start) =>
            fc
              .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: extent - start })
              .map((weights) => ({ start, weights })),
          ),
        { minLength: 1, maxLength: 6 },
      )
      .map((rows) => bandOf(extent, rows)),
  );
  fc.assert(
    fc.property(band, (b) => {
      const matrix = dense(b);
      const expected = Array.from({ length: b.extent }, (_, i) => matrix.map((row) => row[i]!));
      expect(dense(transposeBand(b))).toEqual(expected);
    }),
  );
});
