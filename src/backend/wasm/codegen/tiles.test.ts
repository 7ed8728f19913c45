import fc from "fast-check";
import { expect, test } from "vitest";
import { tileShapeFor, tileShapes, tilesOf } from "./tiles.ts";

const shapes = [...tileShapes.narrow, ...tileShapes.wide];

test("tiles cover every row once, in heights that the shape has", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.constantFrom(...shapes), (rows, shape) => {
      let next = 0;
      for (const run of tilesOf(rows, shape)) {
        expect(run.first).toBe(next);
        expect(shape.heights).toContain(run.rows);
        next += run.rows * run.count;
      }
      expect(next).toBe(rows);
    }),
  );
});

test("a shape that computes few columns in vain is taken, unless it is slower than that", () => {
  const columnsFor = (columns: number): number => tileShapeFor(columns, tileShapes.wide).columns;
  expect([6, 8, 16, 32, 64].map(columnsFor)).toEqual([8, 8, 16, 16, 16]);
  expect(tileShapeFor(100, tileShapes.narrow).columns).toBe(8);
});
