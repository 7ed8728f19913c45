import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { barChart } from "./bar-chart.ts";
import { colorize } from "./colors.ts";
import { contourSegments } from "./contours.ts";
import { heatMap } from "./heat-map.ts";
import { lineChart } from "./line-chart.ts";
import { makeScale, tickLabel } from "./scale.ts";

/** The numbers of an attribute in the order in which they stand in a picture. */
const numbersIn = (svg: string, attribute: string): number[] =>
  [...svg.matchAll(new RegExp(` ${attribute}="([-0-9.]+)"`, "g"))].map((match) => Number(match[1]));

/** Whether every element that begins also ends. */
function isBalanced(svg: string): boolean {
  const open: string[] = [];
  for (const [, slash, name, , single] of svg.matchAll(/<(\/?)([a-z]+)([^>]*?)(\/?)>/g)) {
    if (slash) {
      if (open.pop() !== name) return false;
    } else if (!single) open.push(name!);
  }
  return open.length === 0;
}

describe("scales", () => {
  test("hold all values, with between 2 and 12 round ticks", () => {
    const value = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        fc.boolean(),
        (values, log, exact) => {
          const { ticks, at } = makeScale(log ? "log" : "linear", values, exact);
          for (const each of values) {
            expect(at(each)).toBeGreaterThanOrEqual(-1e-9);
            expect(at(each)).toBeLessThanOrEqual(1 + 1e-9);
          }
          expect(ticks.length).toBeLessThanOrEqual(12);
          if (Math.max(...values) > 10 * Math.min(...values)) expect(ticks.length).toBeGreaterThanOrEqual(1);
          expect([...ticks].sort((a, b) => a - b)).toEqual(ticks);
        },
      ),
    );
  });

  test("ticks are round", () => {
    expect(makeScale("linear", [0, 1]).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(makeScale("log", [1, 1e4]).ticks).toEqual([1, 10, 100, 1000, 10_000]);
    expect([1e-7, 0.05, 1000, 2_000_000].map(tickLabel)).toEqual(["1e-7", "0.05", "1,000", "2e6"]);
  });
});

describe("lineChart", () => {
  test("places points by their scales and leaves out those that have no place", () => {
    const points = [1, 10, 100, 0, 1000].map((x, i) => [x, i] as const);
    const svg = lineChart({ title: "a < b", xScale: "log", series: [{ name: "s", points }] });
    const xs = numbersIn(svg, "cx");
    expect(xs).toHaveLength(4);
    expect(xs[1]! - xs[0]!).toBeCloseTo(xs[3]! - xs[2]!, 1);
    expect(svg).toContain("a &lt; b");
    expect(isBalanced(svg)).toBe(true);
    // The gap breaks the curve in two.
    expect(svg.match(/<path d="(M[^"]*)"/)![1]!.match(/M/g)).toHaveLength(2);
  });

  test("names its curves where there are several", () => {
    const series = ["one", "two"].map((name) => ({ name, points: [[0, 1] as const] }));
    expect(lineChart({ title: "t", series })).toContain(">two</text>");
    expect(lineChart({ title: "t", series: series.slice(0, 1) })).not.toContain(">one</text>");
  });
});

test("barChart draws bars from zero, as high as their values", () => {
  const svg = barChart({ title: "t", categories: ["a", "b"], series: [{ name: "s", values: [1, 2] }] });
  const heights = numbersIn(svg, "height").slice(2, 4);
  expect(heights[1]).toBeCloseTo(2 * heights[0]!, 0);
  expect(isBalanced(svg)).toBe(true);
});

describe("heatMap", () => {
  test("refuses values that do not fill its grid", async () => {
    await expect(heatMap({ title: "t", values: [1, 2, 3], rows: 2, columns: 2 })).rejects.toThrow("[2, 2]");
  });

  test("is a picture with its key", async () => {
    const values = [1, 10, 100, 1000, 1e4, 1e5];
    const svg = await heatMap({ title: "t", values, rows: 2, columns: 3, scale: "log", contours: [50] });
    expect(svg.match(/<image /g)).toHaveLength(2);
    expect(isBalanced(svg)).toBe(true);
  });
});

test("contours lie where the surface has their value", () => {
  // A cone about the middle: its contour is a circle.
  const size = 41;
  const cone = Float64Array.from({ length: size * size }, (_, i) =>
    Math.hypot((i % size) - 20, Math.floor(i / size) - 20),
  );
  const segments = contourSegments(cone, size, size, 12.3);
  expect(segments.length).toBeGreaterThan(40);
  for (const point of segments.flat()) expect(Math.hypot(point[0] - 20, point[1] - 20)).toBeCloseTo(12.3, 1);
});

test("colours run from the map's first to its last, and NaN is white", () => {
  const bytes = colorize([0, 1, Number.NaN, 5], { range: [0, 1] });
  expect([...bytes]).toEqual([0x44, 0x01, 0x54, 0xfd, 0xe7, 0x25, 255, 255, 255, 0xfd, 0xe7, 0x25]);
  expect([...colorize([-2, 0, 1], { colors: "diverging" })].slice(3, 6)).toEqual([0xf7, 0xf7, 0xf7]);
});
