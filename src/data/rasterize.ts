import type { PenPath } from "./pen-path.ts";

/**
 * Draws a pen's path on a square canvas of `size` pixels a side: canvas[y·size + x] becomes the ink in [0, 1].
 *
 * Path coordinates are pixels with (0, 0) at the canvas's centre. The ink of a pixel with distance d to a line
 * where the pen has radius r is clamp((r − d) / softness + 1/2, 0, 1), and the most of all lines counts; a
 * softness of 1 is antialiasing, more is blur. Only pixels near a line are visited.
 */
export function rasterize(path: PenPath, canvas: Float64Array, size: number, softness: number): void {
  canvas.fill(0);
  const { x, y, radius, begins } = path;
  // Coordinates from here on are those of pixel centres.
  const middle = (size - 1) / 2;
  for (let i = 1; i < path.length; i++) {
    if (begins[i] === 1) continue;
    const ax = x[i - 1]! + middle;
    const ay = y[i - 1]! + middle;
    const bx = x[i]! + middle;
    const by = y[i]! + middle;
    const ra = radius[i - 1]!;
    const growth = radius[i]! - ra;
    const ux = bx - ax;
    const uy = by - ay;
    const inverse = 1 / Math.max(ux * ux + uy * uy, 1e-12);
    const reach = Math.max(ra, radius[i]!) + softness / 2;
    const left = Math.max(0, Math.ceil(Math.min(ax, bx) - reach));
    const right = Math.min(size - 1, Math.floor(Math.max(ax, bx) + reach));
    const top = Math.max(0, Math.ceil(Math.min(ay, by) - reach));
    const bottom = Math.min(size - 1, Math.floor(Math.max(ay, by) + reach));
    for (let py = top; py <= bottom; py++) {
      for (let px = left; px <= right; px++) {
        const t = Math.min(1, Math.max(0, ((px - ax) * ux + (py - ay) * uy) * inverse));
        const dx = px - ax - t * ux;
        const dy = py - ay - t * uy;
        const ink = (ra + t * growth - Math.sqrt(dx * dx + dy * dy)) / softness + 0.5;
        const at = py * size + px;
        if (ink > canvas[at]!) canvas[at] = Math.min(1, ink);
      }
    }
  }
}
