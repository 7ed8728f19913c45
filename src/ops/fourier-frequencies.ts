/** Extents of a transform's axes, powers of two; an axis of extent 1 is left as it is. */
export type FourierAxes = { readonly transform: readonly [y: number, x: number] };

export interface Frequency {
  readonly y: number;
  readonly x: number;
  /** Whether it is its own opposite, so that its value for real data is real. */
  readonly real: boolean;
}

/** The frequencies of an axis that are their own opposites. */
function selfOpposite(extent: number): readonly number[] {
  return extent === 1 ? [0] : [0, extent / 2];
}

/**
 * One of each pair of opposite frequencies of real data, column by column: first the columns that are their own
 * opposites, each up to its middle, then half of the others.
 */
export function frequenciesOf({ transform: [height, width] }: FourierAxes): Frequency[] {
  const own = selfOpposite(height);
  const half = (x: number): Frequency[] => [
    ...own.map((y) => ({ y, x, real: true })),
    ...Array.from({ length: Math.max(0, height / 2 - 1) }, (_, i) => ({ y: i + 1, x, real: false })),
  ];
  const whole = (x: number): Frequency[] => Array.from({ length: height }, (_, y) => ({ y, x, real: false }));
  return [
    ...selfOpposite(width).flatMap(half),
    ...Array.from({ length: Math.max(0, width / 2 - 1) }, (_, i) => whole(i + 1)).flat(),
  ];
}

/** Slices of a column that is its own opposite, and of another. */
export function slicesOfColumn(height: number): { readonly own: number; readonly other: number } {
  return { own: height === 1 ? 1 : (3 * height) / 2 - 1, other: 3 * height };
}

/** How many real numbers the products of a tile's transform are kept as: 3/2 of the tile's elements. */
export function sliceCount({ transform: [height, width] }: FourierAxes): number {
  const { own, other } = slicesOfColumn(height);
  return own * selfOpposite(width).length + other * Math.max(0, width / 2 - 1);
}
