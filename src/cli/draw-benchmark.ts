import type { Peak } from "../backend/wasm/peak.ts";
import type { BenchmarkReport, BenchmarkSubject, KernelGroup } from "./benchmark-report.ts";
import { type Align, drawTable } from "./draw-table.ts";
import { formatCount, formatMany, formatPercent, formatScaled, formatShape, shorten } from "./format.ts";
import { type Style, visibleWidth } from "./style.ts";

/** Columns of the terminal that the table takes at most; names have what the others leave. */
const width = 110;
const widestShape = 20;
/** How many phases of the compilation are named. */
const phasesShown = 5;

const head = ["algorithm", "shape", "MACs", "bytes", "ms", "GB/s", "GFLOP/s", "share", "peak"];
const aligned = head.map((_, column): Align => (column < 2 ? "left" : "right"));

const pathNames: Readonly<Record<Peak["path"], string>> = {
  wide: "256-bit fused multiply-adds",
  fused: "128-bit fused multiply-adds",
  plain: "128-bit products and sums",
};

/** What is measured, in a line. */
export function describeSubject({ model, batch, input, train, backend, threads }: BenchmarkSubject): string {
  const what = `${train ? "a training step" : "inference"} on ${formatMany(batch, "image")}`;
  return `${model}: ${what} of ${formatShape(input)}, ${backend}, ${formatMany(threads, "thread")}`;
}

/** The table of kernels, at most `limit` rows, and what they add up to. */
export function drawBenchmark(report: BenchmarkReport, limit: number, style: Style): string[] {
  return [...(limit > 0 ? [...drawKernels(report.groups, limit, style), ""] : []), ...drawTotals(report)];
}

/** Algorithm and tile as direct 6×16. */
export function algorithmOf({ algorithm, tile }: Pick<KernelGroup, "algorithm" | "tile">): string {
  return tile ? `${algorithm} ${tile.join("×")}` : algorithm;
}

function drawKernels(groups: readonly KernelGroup[], limit: number, style: Style): string[] {
  const digits = decimalsFor(groups[0]?.ms ?? 0);
  const shown = groups.slice(0, limit);
  const rows = shown.map((group) => {
    const { shape, macs, bytes, ms, flopsPerSecond, share, peakShare } = group;
    return [
      algorithmOf(group),
      shorten(formatShape(shape), widestShape),
      macs > 0 ? formatScaled(macs) : "",
      formatScaled(bytes, "B"),
      ms.toFixed(digits),
      ms > 0 ? (bytes / (1e6 * ms)).toFixed(1) : "",
      macs > 0 ? (flopsPerSecond / 1e9).toFixed(1) : "",
      formatPercent(share, 1),
      peakShare === undefined ? "" : formatPercent(peakShare, 0),
    ];
  });
  const rest = groups.slice(limit);
  const sum = (of: (group: KernelGroup) => number): number => rest.reduce((all, group) => all + of(group), 0);
  const [ms, share] = [sum((group) => group.ms), sum((group) => group.share)];
  if (rest.length > 0) rows.push(["", "", "", "", ms.toFixed(digits), "", "", formatPercent(share, 1), ""]);
  const numbers = drawTable([head, ...rows], aligned);
  const room = width - 2 - Math.max(...numbers.map(visibleWidth));
  const names = [
    "kernel",
    ...shown.map(({ name, count }) => {
      const times = count > 1 ? ` ×${formatCount(count)}` : "";
      return shorten(name, room - times.length) + times;
    }),
    ...(rest.length > 0 ? [`${formatCount(sum((group) => group.count))} more`] : []),
  ];
  const [heading, ...table] = drawTable(
    names.map((name, i) => [name, numbers[i]!]),
    ["left", "left"],
  );
  return [style.dim(heading!), ...table];
}

function drawTotals(report: BenchmarkReport): string[] {
  const { medianMs, minMs, runs, macs, flopsPerSecond, peakShare, peak, ahead, shareOutside, compilation } =
    report;
  const digits = decimalsFor(medianMs);
  const ofPeak = peakShare === undefined ? "" : `, ${formatPercent(peakShare, 1)} of the peak`;
  const rows = [
    ["run", `${medianMs.toFixed(digits)} ms (median of ${runs}), ${minMs.toFixed(digits)} ms at best`],
    ["images/s", formatCount(Number(report.imagesPerSecond.toPrecision(4)))],
    ["outside kernels", formatPercent(shareOutside, 1)],
  ];
  if (macs > 0) {
    rows.push(["MACs", formatCount(macs)], ["GFLOP/s", `${(flopsPerSecond / 1e9).toFixed(1)}${ofPeak}`]);
  }
  if (ahead.kernels > 0)
    rows.push(["ahead, once", `${formatMany(ahead.kernels, "kernel")}, ${ahead.ms.toFixed(digits)} ms`]);
  if (compilation.length > 0) {
    const all = compilation.reduce((sum, { ms }) => sum + ms, 0);
    const longest = compilation.toSorted((a, b) => b.ms - a.ms).slice(0, phasesShown);
    const phases = longest.map(({ name, ms }) => `${name} ${ms.toFixed(0)}`).join(", ");
    rows.push(["compiled in", `${all.toFixed(0)} ms: ${phases}`]);
  }
  if (peak) {
    const bandwidth = `${(peak.bytesPerSecond / 1e9).toFixed(1)} GB/s read from memory`;
    rows.push([
      "peak",
      `${(peak.flopsPerSecond / 1e9).toFixed(1)} GFLOP/s (${pathNames[peak.path]}), ${bandwidth}`,
    ]);
  }
  return drawTable(rows, ["left", "left"]);
}

/** Digits behind the point that leave about four of a time. */
function decimalsFor(ms: number): number {
  if (ms >= 100) return 1;
  return ms >= 1 ? 3 : 4;
}
