import { type LabContext, part } from "./experiment.ts";
import { type Statistics, statistics } from "./statistics.ts";

/** Does something once for each of the context's seeds. */
export async function overSeeds<T>(
  context: LabContext,
  run: (context: LabContext) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < context.seeds; i++) {
    const seed = context.seed + i;
    results.push(await run({ ...part(context, `seed ${seed}`, i, context.seeds), seed }));
  }
  return results;
}

/** The number that comes out for each of the context's seeds. */
export async function measureOverSeeds(
  context: LabContext,
  measure: (context: LabContext) => Promise<number>,
): Promise<Statistics> {
  return statistics(await overSeeds(context, measure));
}
