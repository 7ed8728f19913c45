import { expect, test } from "vitest";
import { PenPath } from "./pen-path.ts";
import { rasterize } from "./rasterize.ts";

function line(ax: number, ay: number, bx: number, by: number, ra: number, rb: number): PenPath {
  const path = new PenPath(4);
  path.add(ax, ay, true);
  path.add(bx, by, false);
  path.radius.set([ra, rb]);
  return path;
}

test("the ink of a line is its area, and lies where the line is", () => {
  const size = 40;
  const canvas = new Float64Array(size * size);
  const [length, radius] = [20, 2.5];
  rasterize(line(-10, 3, 10, 3, radius, radius), canvas, size, 1);
  const area = canvas.reduce((sum, ink) => sum + ink, 0);
  expect(area).toBeCloseTo(2 * radius * length + Math.PI * radius ** 2, 0);
  const middle =
    canvas.reduce((sum, ink, i) => sum + ink * (Math.floor(i / size) + 0.5 - size / 2), 0) / area;
  expect(middle).toBeCloseTo(3, 6);
});

test("every pixel has the ink of its distance to the nearest line", () => {
  const size = 16;
  const canvas = new Float64Array(size * size);
  rasterize(line(-3.2, -1.5, 4.1, 2.7, 1, 2), canvas, size, 1.5);
  for (let i = 0; i < canvas.length; i++) {
    const px = (i % size) + 0.5 - 8;
    const py = Math.floor(i / size) + 0.5 - 8;
    let t = ((px + 3.2) * 7.3 + (py + 1.5) * 4.2) / (7.3 ** 2 + 4.2 ** 2);
    t = Math.min(1, Math.max(0, t));
    const distance = Math.hypot(px + 3.2 - 7.3 * t, py + 1.5 - 4.2 * t);
    expect(canvas[i]).toBeCloseTo(Math.min(1, Math.max(0, (1 + t - distance) / 1.5 + 0.5)), 9);
  }
});

test("a path outside the canvas leaves it empty, and strokes are not joined", () => {
  const canvas = new Float64Array(64).fill(1);
  rasterize(line(100, 100, 120, 90, 2, 2), canvas, 8, 1);
  expect(canvas.every((ink) => ink === 0)).toBe(true);
  const path = line(-3, -3, -3, 3, 0.5, 0.5);
  path.add(3, -3, true);
  path.add(3, 3, false);
  path.radius.fill(0.5);
  rasterize(path, canvas, 8, 1);
  expect(canvas[8 * 4 + 4]).toBe(0);
});

test("a curve passes its points, and turns at once where a point is given twice", () => {
  const path = new PenPath(100);
  path.addCurve(Float64Array.of(0, 0, 10, 0, 10, 0, 10, 10), 2.5);
  const points = Array.from({ length: path.length }, (_, i) => [path.x[i]!, path.y[i]!]);
  expect(points).toContainEqual([10, 0]);
  expect(points.at(-1)).toEqual([10, 10]);
  for (const [x, y] of points) expect(Math.min(Math.abs(y!), Math.abs(x! - 10))).toBeLessThan(1e-9);
});
