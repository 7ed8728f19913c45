import { ShapeError } from "../../core/errors.ts";
import { linearPart, type Transformation } from "./transformations.ts";

/** The grid that a map lies on, as part of the image's plane. */
export interface GridGeometry {
  readonly height: number;
  readonly width: number;
  /** Pixels of the image between rows, and between columns. */
  readonly step: readonly [y: number, x: number];
  /** Extents of the image, for shifts on a circle. */
  readonly image: readonly [height: number, width: number];
}

/** A transformation as it acts on the maps of one grid: every element is a weighted sum of a few others. */
export interface Resampling {
  readonly height: number;
  readonly width: number;
  /** Terms of each sum. */
  readonly taps: number;
  /** Positions in the map, `taps` for each element, row-major; −1 lies beside it and counts as zero. */
  readonly from: Int32Array;
  readonly weights: Float64Array;
  /** 1 for elements all of whose terms lie on the map. */
  readonly known: Uint8Array;
}

interface Term {
  readonly at: number;
  readonly weight: number;
}

/**
 * How a transformation acts on the maps of a grid.
 *
 * A shift by t pixels is one by t / step positions; where that is no whole number the two neighbours are interpolated
 * linearly. Symmetries permute positions. Rotations interpolate bilinearly about the centre, and what is known of them
 * is the inscribed disc.
 *
 * @throws ShapeError for a quarter turn of a grid that is not square.
 */
export function resamplingOf(transformation: Transformation, grid: GridGeometry): Resampling {
  return transformation.kind === "shift" ? shifted(transformation, grid) : turned(transformation, grid);
}

function shifted(
  { dy, dx, circular }: Extract<Transformation, { kind: "shift" }>,
  { height, width, step, image }: GridGeometry,
): Resampling {
  const rows = shiftedAxis(height, dy / step[0], circular ? image[0] / Math.abs(step[0]) : undefined);
  const columns = shiftedAxis(width, dx / step[1], circular ? image[1] / Math.abs(step[1]) : undefined);
  return productOf(rows, columns, width);
}

/** The terms of each position of an axis that is shifted by `by` positions, on a circle of `period` if there is one. */
function shiftedAxis(extent: number, by: number, period: number | undefined): Term[][] {
  const whole = Math.round(by);
  const exact = Math.abs(by - whole) < 1e-9 ? whole : by;
  const around = (at: number): number => {
    const inside = (place: number): boolean => place >= 0 && place < extent;
    if (period === undefined || !Number.isInteger(period) || inside(at)) return inside(at) ? at : -1;
    const first = ((at % period) + period) % period;
    return inside(first) ? first : -1;
  };
  return Array.from({ length: extent }, (_, p) => {
    const low = Math.floor(p - exact);
    const fraction = p - exact - low;
    const terms = [{ at: around(low), weight: 1 - fraction }];
    if (fraction > 0) terms.push({ at: around(low + 1), weight: fraction });
    return terms;
  });
}

function productOf(rows: readonly Term[][], columns: readonly Term[][], width: number): Resampling {
  const places = rows.flatMap((row) =>
    columns.map((column) =>
      row.flatMap((a) =>
        column.map((b) => ({
          at: a.at < 0 || b.at < 0 ? -1 : a.at * width + b.at,
          weight: a.weight * b.weight,
        })),
      ),
    ),
  );
  return pack(rows.length, columns.length, places);
}

function turned(
  transformation: Exclude<Transformation, { kind: "shift" }>,
  { height, width }: GridGeometry,
): Resampling {
  const [a, b, c, d] = linearPart(transformation);
  const symmetry = transformation.kind === "symmetry";
  if (symmetry && Math.abs(a) < 0.5 && height !== width) {
    throw new ShapeError(
      transformation.name,
      `the grid cannot carry it: a quarter turn takes ${height}×${width} positions to ${width}×${height}`,
      { map: [height, width] },
      "take square images, or half turns and reflections",
    );
  }
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  const radius = Math.min(height, width) / 2;
  const places: Term[][] = [];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const [u, v] = [j - middleX, middleY - i];
      // The inverse of an orthogonal matrix is its transpose.
      const y = middleY - (b * u + d * v);
      const x = middleX + (a * u + c * v);
      if (symmetry) places.push([{ at: y * width + x, weight: 1 }]);
      else places.push(bilinear(y, x, height, width));
    }
  }
  const inDisc = (p: number): boolean =>
    symmetry || Math.hypot(Math.floor(p / width) - middleY, (p % width) - middleX) <= radius - 0.5;
  return pack(height, width, places, inDisc);
}

function bilinear(y: number, x: number, height: number, width: number): Term[] {
  const axis = (at: number, extent: number): Term[] => {
    // A hair's breadth beside a position is that position.
    const exact = Math.abs(at - Math.round(at)) < 1e-9 ? Math.round(at) : at;
    const low = Math.floor(exact);
    const inside = (place: number): number => (place >= 0 && place < extent ? place : -1);
    const terms = [{ at: inside(low), weight: 1 - (exact - low) }];
    if (exact > low) terms.push({ at: inside(low + 1), weight: exact - low });
    return terms;
  };
  const columns = axis(x, width);
  return axis(y, height).flatMap((row) =>
    columns.map((column) => ({
      at: row.at < 0 || column.at < 0 ? -1 : row.at * width + column.at,
      weight: row.weight * column.weight,
    })),
  );
}

function pack(
  height: number,
  width: number,
  places: readonly (readonly Term[])[],
  mayBeKnown: (p: number) => boolean = () => true,
): Resampling {
  const taps = Math.max(1, ...places.map((terms) => terms.length));
  const from = new Int32Array(places.length * taps).fill(-1);
  const weights = new Float64Array(places.length * taps);
  const known = new Uint8Array(places.length);
  places.forEach((terms, p) => {
    known[p] = mayBeKnown(p) && terms.every(({ at }) => at >= 0) ? 1 : 0;
    terms.forEach(({ at, weight }, k) => {
      from[p * taps + k] = at;
      weights[p * taps + k] = weight;
    });
  });
  return { height, width, taps, from, weights, known };
}

/** The transformed maps: planes [..., H, W], one after the other. */
export function resampleMaps(planes: ArrayLike<number>, resampling: Resampling): Float32Array {
  const { height, width, taps, from, weights } = resampling;
  const size = height * width;
  const out = new Float32Array(planes.length);
  for (let first = 0; first < planes.length; first += size) {
    for (let p = 0; p < size; p++) {
      let sum = 0;
      for (let k = p * taps; k < (p + 1) * taps; k++) {
        if (from[k]! >= 0) sum += weights[k]! * planes[first + from[k]!]!;
      }
      out[first + p] = sum;
    }
  }
  return out;
}
