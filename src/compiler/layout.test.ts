import fc from "fast-check";
import { expect, test } from "vitest";
import { constant, type Index, type LoopVariable, substitute } from "./index-expr.ts";
import {
  channelsLast,
  elementsOf,
  type Layout,
  lengthOf,
  marginsOf,
  placeOf,
  type Region,
  rowMajor,
} from "./layout.ts";

/** The places of a region's elements, those outside its conditions left out. */
function placesOf(layout: Layout, shape: readonly number[], region: Region): number[] {
  const index = placeOf(layout, shape, region.at);
  const places: number[] = [];
  const visit = (loops: readonly LoopVariable[], values: ReadonlyMap<LoopVariable, Index>): void => {
    const [loop, ...rest] = loops;
    if (!loop) {
      const at = (position: Index): number => substitute(position, values).constant;
      const inside = region.inside.every((condition) => {
        const value = at(condition.index);
        return condition.kind === "divisible" || (value >= 0 && value < condition.extent);
      });
      if (inside) places.push(at(index));
      return;
    }
    for (let i = 0; i < loop.extent; i++) visit(rest, new Map([...values, [loop, constant(i)]]));
  };
  visit(region.loops, new Map());
  return places;
}

const extent = fc.integer({ min: 1, max: 4 });
const side = fc.tuple(fc.nat(2), fc.nat(2));

test("elements and margins fill a buffer, each place once", () => {
  const drawn = fc.record({
    shape: fc.array(extent, { minLength: 3, maxLength: 4 }),
    sides: fc.array(side, { minLength: 4, maxLength: 4 }),
  });
  fc.assert(
    fc.property(drawn, fc.boolean(), ({ shape, sides }, last) => {
      const order = last ? channelsLast(shape.length) : rowMajor(shape.length);
      const layout: Layout = { ...order, margins: shape.map((_, axis) => sides[axis]!) };
      const regions = [elementsOf(layout, shape, 0, 1), ...marginsOf(layout, shape)];
      const places = regions.flatMap((region) => placesOf(layout, shape, region));
      expect(places.sort((a, b) => a - b)).toEqual(
        Array.from({ length: lengthOf(layout, shape) }, (_, i) => i),
      );
    }),
    { numRuns: 60 },
  );
});

test("panels keep every element at a place of its own, in the order of memory", () => {
  const drawn = fc.record({
    groups: extent,
    within: fc.integer({ min: 1, max: 9 }),
    rest: fc.tuple(extent, extent),
    width: fc.constantFrom(2, 4, 8),
  });
  fc.assert(
    fc.property(drawn, ({ groups, within, rest, width }) => {
      const shape = [groups * within, ...rest];
      const layout: Layout = { ...rowMajor(3), order: [0, 2, 1], panel: { axis: 0, groups, width } };
      const places = placesOf(layout, shape, elementsOf(layout, shape, 0, 1));
      expect(places.length).toBe(groups * within * rest[0] * rest[1]);
      for (const [i, place] of places.entries()) expect(place).toBeGreaterThan(places[i - 1] ?? -1);
      expect(places.at(-1)).toBeLessThan(lengthOf(layout, shape));
    }),
    { numRuns: 60 },
  );
});
