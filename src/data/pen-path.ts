/** The points that a pen passes, with its radius at each; strokes lie one after the other. */
export class PenPath {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly radius: Float64Array;
  /** 1 where a stroke begins, which no line joins to the point before. */
  readonly begins: Uint8Array;
  length = 0;

  constructor(capacity: number) {
    this.x = new Float64Array(capacity);
    this.y = new Float64Array(capacity);
    this.radius = new Float64Array(capacity);
    this.begins = new Uint8Array(capacity);
  }

  clear(): void {
    this.length = 0;
  }

  add(x: number, y: number, begins: boolean): void {
    const i = this.length++;
    this.x[i] = x;
    this.y[i] = y;
    this.begins[i] = begins ? 1 : 0;
  }

  /**
   * Adds a uniform Catmull-Rom curve through `points` (x0, y0, x1, y1, …) with a point about every `step`.
   *
   * A point given twice becomes a corner: the curve's direction there is that of the part on each side.
   */
  addCurve(points: Float64Array, step: number): void {
    const last = points.length / 2 - 1;
    this.add(points[0]!, points[1]!, true);
    for (let i = 0; i < last; i++) {
      const a = 2 * Math.max(0, i - 1);
      const b = 2 * i;
      const c = b + 2;
      const d = 2 * Math.min(last, i + 2);
      const chord = Math.hypot(points[c]! - points[b]!, points[c + 1]! - points[b + 1]!);
      const pieces = Math.ceil(chord / step);
      for (let piece = 1; piece <= pieces; piece++) {
        const t = piece / pieces;
        this.add(
          catmullRom(points[a]!, points[b]!, points[c]!, points[d]!, t),
          catmullRom(points[a + 1]!, points[b + 1]!, points[c + 1]!, points[d + 1]!, t),
          false,
        );
      }
    }
  }

  /** (x, y) ← (xx·x + xy·y + x0, yx·x + yy·y + y0) */
  transform(xx: number, xy: number, x0: number, yx: number, yy: number, y0: number): void {
    const { x, y } = this;
    for (let i = 0; i < this.length; i++) {
      const before = x[i]!;
      x[i] = xx * before + xy * y[i]! + x0;
      y[i] = yx * before + yy * y[i]! + y0;
    }
  }

  /** Moves the middle of the box around all points to the origin and returns the box's longer side. */
  centre(): number {
    let left = Infinity;
    let right = -Infinity;
    let top = Infinity;
    let bottom = -Infinity;
    for (let i = 0; i < this.length; i++) {
      left = Math.min(left, this.x[i]!);
      right = Math.max(right, this.x[i]!);
      top = Math.min(top, this.y[i]!);
      bottom = Math.max(bottom, this.y[i]!);
    }
    this.transform(1, 0, -(left + right) / 2, 0, 1, -(top + bottom) / 2);
    return Math.max(right - left, bottom - top);
  }
}

/** The cubic from p1 (t = 0) to p2 (t = 1) with the directions (p2 − p0) / 2 and (p3 − p1) / 2 at its ends. */
function catmullRom(p0: number, p1: number, p2: number, p3: number, t: number): number {
  const linear = p2 - p0;
  const square = 2 * p0 - 5 * p1 + 4 * p2 - p3;
  const cubic = 3 * (p1 - p2) + p3 - p0;
  return p1 + 0.5 * t * (linear + t * (square + t * cubic));
}
