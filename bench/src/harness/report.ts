import type { Benchmark } from "../benchmarks/benchmark.ts";
import type { SideEntry } from "../sides/index.ts";
import { labelOf, type Measurement, type Outcome } from "./measure.ts";
import { pairedRatios, type Summary, summarize } from "./statistics.ts";

type Measured = Outcome & { readonly kind: "measured" };

/** A Markdown table: one row a side, one column for each own side that says how many times as fast that is. */
export function tableOf(
  { batchSize }: Benchmark,
  measurements: readonly Measurement[],
  ownSides: readonly SideEntry[],
): string {
  const own = measurements.flatMap(({ side, outcome }) =>
    ownSides.includes(side) && outcome.kind === "measured" ? [{ side, outcome }] : [],
  );
  const head = [
    "",
    "threads",
    "images/s (least to most)",
    "ms a run",
    ...own.map(({ side }) => `${labelOf(side)}: times as fast`),
    "first result, s",
    "peak memory, MiB",
    "difference of outputs",
    "version",
  ];
  const rows = measurements.map(({ side, outcome }) => {
    const start = [side.name, String(side.settings.threads)];
    if (outcome.kind !== "measured") return [...start, `${outcome.kind}: ${cell(outcome.reason)}`];
    const rates = summarize(outcome.imagesPerSecond);
    return [
      ...start,
      showSummary(rates),
      significant((1000 * batchSize) / rates.median),
      ...own.map((ours) => (ours.side === side ? "–" : showSummary(ratiosOf(ours.outcome, outcome)))),
      showFirstResult(outcome),
      significant(outcome.peakBytes / 2 ** 20),
      outcome.difference === 0 ? "0" : outcome.difference.toExponential(0),
      outcome.version,
    ];
  });
  const lines = [head, head.map(() => "---"), ...rows.map((row) => head.map((_, i) => row[i] ?? ""))];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}

/** In seconds: "1.2", or "1.2, cached 0.8". */
function showFirstResult({ firstResultMilliseconds, cachedFirstResultMilliseconds }: Measured): string {
  const first = significant(firstResultMilliseconds / 1000);
  if (cachedFirstResultMilliseconds === undefined) return first;
  return `${first}, cached ${significant(cachedFirstResultMilliseconds / 1000)}`;
}

/** Of the images per second of `ours` to those of `theirs`, round by round. */
export function ratiosOf(ours: Measured, theirs: Measured): Summary {
  return summarize(pairedRatios(ours.imagesPerSecond, theirs.imagesPerSecond));
}

/** Median with least and largest value: "11,200 (10,900 to 11,300)". */
export function showSummary({ median, min, max }: Summary): string {
  return `${significant(median)} (${significant(min)} to ${significant(max)})`;
}

/** Three significant digits, with separators between thousands and without an exponent. */
export function significant(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 3 });
}

/** In one line, and without what would end a cell. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
}
