/** A normal distribution over the places of a grid, in places. */
export interface GaussianFit {
  /** [row, column] of its middle. */
  readonly mean: readonly [number, number];
  /** Standard deviations along rows and columns. */
  readonly sigma: readonly [number, number];
  readonly correlation: number;
  /** The share of the values' variation that the distribution, scaled to fit best, explains; 1 where it fits exactly. */
  readonly explained: number;
}

/** The normal distribution with the mean and covariance of values that are not negative, by their moments. */
export function fitGaussian(
  values: ArrayLike<number>,
  rows: number,
  columns: number,
): GaussianFit | undefined {
  let [total, y, x] = [0, 0, 0];
  forEachPlace(rows, columns, (i, row, column) => {
    total += values[i]!;
    y += values[i]! * row;
    x += values[i]! * column;
  });
  if (!(total > 0)) return undefined;
  const mean = [y / total, x / total] as const;
  let [yy, xx, yx] = [0, 0, 0];
  forEachPlace(rows, columns, (i, row, column) => {
    const share = values[i]! / total;
    yy += share * (row - mean[0]) ** 2;
    xx += share * (column - mean[1]) ** 2;
    yx += share * (row - mean[0]) * (column - mean[1]);
  });
  const correlation = yy > 0 && xx > 0 ? yx / Math.sqrt(yy * xx) : 0;
  const sigma = [Math.sqrt(yy), Math.sqrt(xx)] as const;
  const shape = densityOf({ mean, sigma, correlation }, rows, columns);
  return { mean, sigma, correlation, explained: explainedBy(shape, values) };
}

/** The density of a normal distribution at every place, up to a factor; an axis without extent has none. */
export function densityOf(
  { mean, sigma, correlation }: Omit<GaussianFit, "explained">,
  rows: number,
  columns: number,
): Float64Array {
  const density = new Float64Array(rows * columns);
  const rest = 1 - correlation ** 2;
  const scaled = (distance: number, deviation: number): number => {
    if (deviation > 0) return distance / deviation;
    return distance === 0 ? 0 : Number.POSITIVE_INFINITY;
  };
  forEachPlace(rows, columns, (i, row, column) => {
    const [v, u] = [scaled(row - mean[0], sigma[0]), scaled(column - mean[1], sigma[1])];
    const crossed = correlation === 0 ? 0 : 2 * correlation * u * v;
    density[i] = rest > 0 ? Math.exp(-(u * u - crossed + v * v) / (2 * rest)) : 0;
  });
  return density;
}

/** R² of values = a · shape with the best a. */
function explainedBy(shape: Float64Array, values: ArrayLike<number>): number {
  let [along, norm, sum, squares] = [0, 0, 0, 0];
  for (let i = 0; i < shape.length; i++) {
    along += shape[i]! * values[i]!;
    norm += shape[i]! ** 2;
    sum += values[i]!;
    squares += values[i]! ** 2;
  }
  const residual = squares - (norm > 0 ? along ** 2 / norm : 0);
  const variation = squares - sum ** 2 / shape.length;
  return variation > 0 ? 1 - residual / variation : 1;
}

function forEachPlace(
  rows: number,
  columns: number,
  visit: (index: number, row: number, column: number) => void,
): void {
  for (let i = 0; i < rows * columns; i++) visit(i, Math.floor(i / columns), i % columns);
}
