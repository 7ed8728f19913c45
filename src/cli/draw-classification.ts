import type { Classification, Classified } from "./classify-files.ts";
import type { ClassifyingModel } from "./classifying-model.ts";
import { drawImage } from "./draw-image.ts";
import { drawBar } from "./draw-progress.ts";
import { drawTable } from "./draw-table.ts";
import { formatPercent } from "./format.ts";
import { printable, type Style } from "./style.ts";

/** The names of the classes, where they are known. */
export type Labels = ClassifyingModel["labels"];

/** A class by its name, or by its number. */
function nameOf(index: number, labels: Labels): string {
  return labels?.[index] ?? `class ${index}`;
}

/** The file, and a line with a bar for each of the first classes. */
export function drawRanking(
  { file, ranked }: Classified,
  top: number,
  labels: Labels,
  style: Style,
): string[] {
  const rows = ranked
    .slice(0, top)
    .map(({ index, probability }) => [
      printable(nameOf(index, labels)),
      formatPercent(probability),
      drawBar(probability, 30, style),
    ]);
  return [style.bold(printable(file)), ...drawTable(rows, ["left", "right", "left"])];
}

/** What a network of one channel saw. */
export function drawSeen({ bytes }: Classified, width: number, columns: number, style: Style): string[] {
  const image = { width, height: bytes.length / width, channels: 1, data: bytes } as const;
  return drawImage(image, Math.min(width, columns), style).map((line) => line.trimEnd());
}

/** One line of JSON. */
export function classificationRecord(
  result: Classification,
  model: string,
  top: number,
  labels: Labels,
): string {
  if ("error" in result) return JSON.stringify({ file: result.file, model, error: result.error });
  const classes = result.ranked.slice(0, top).map(({ index, probability }) => {
    return { index, ...(labels && { class: labels[index] }), probability };
  });
  return JSON.stringify({ file: result.file, model, top: classes });
}

/** The head of a table in CSV: file, class 1, probability 1, … */
export function csvHead(top: number): string {
  const columns = Array.from({ length: top }, (_, i) => [`class ${i + 1}`, `probability ${i + 1}`]);
  return csvLine(["file", ...columns.flat()]);
}

/** A line of the table; classes without names are numbers. */
export function csvRow({ file, ranked }: Classified, top: number, labels: Labels): string {
  const columns = ranked
    .slice(0, top)
    .map(({ index, probability }) => [
      labels?.[index] ?? String(index),
      String(Number(probability.toPrecision(6))),
    ]);
  return csvLine([file, ...columns.flat()]);
}

/** RFC 4180: what has a comma, a quote or a line's end stands in quotes, and its quotes twice. */
function csvLine(cells: readonly string[]): string {
  return cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",");
}
