import type { LabelledBatch } from "../analyze/objective.ts";
import type { Dataset } from "../data/dataset.ts";

/** The first `count` images of a dataset as fixed batches, to judge networks by. */
export async function firstBatches(
  dataset: Dataset,
  count: number,
  batchSize: number,
  signal: AbortSignal,
): Promise<LabelledBatch[]> {
  const batches: LabelledBatch[] = [];
  const images = dataset.subset({ end: Math.min(count, dataset.length) });
  for await (const [x, labels] of images.batches(batchSize, { signal })) batches.push([x!, labels!]);
  return batches;
}

/**
 * The share of a surface's inner points at which it bends downwards in some direction: where the 2 × 2 matrix of second
 * differences has a negative eigenvalue. A convex surface has none.
 */
export function shareOfConcavity(values: readonly number[], columns: number): number {
  const rows = values.length / columns;
  const at = (r: number, c: number): number => values[r * columns + c]!;
  let [concave, inner] = [0, 0];
  for (let r = 1; r < rows - 1; r++) {
    for (let c = 1; c < columns - 1; c++) {
      const xx = at(r, c + 1) - 2 * at(r, c) + at(r, c - 1);
      const yy = at(r + 1, c) - 2 * at(r, c) + at(r - 1, c);
      const xy = (at(r + 1, c + 1) - at(r + 1, c - 1) - at(r - 1, c + 1) + at(r - 1, c - 1)) / 4;
      const least = (xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy);
      inner++;
      if (least < 0) concave++;
    }
  }
  return concave / inner;
}
