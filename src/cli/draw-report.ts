import { join } from "node:path";
import type { Experiment } from "../lab/experiment.ts";
import { pictureFile, type Report } from "../lab/report.ts";
import { isNumeric } from "../lab/report-markdown.ts";
import { drawTable } from "./draw-table.ts";
import { wrap } from "./help.ts";
import type { Terminal } from "./terminal.ts";

/** What an experiment found, as lines for a person. */
export function drawReport(
  { title, claim }: Experiment,
  { summary, verdicts, tables, pictures }: Report,
  folder: string,
  { columns, style }: Terminal,
): string[] {
  const width = Math.min(columns, 100);
  const files = pictures.map((picture) => join(folder, pictureFile(picture)));
  return [
    style.bold(title),
    ...wrap(claim, width),
    "",
    ...tables.flatMap(({ title: name, head, rows, note }) => {
      const align = head.map((_, i) => (rows.every((row) => isNumeric(row[i] ?? "")) ? "right" : "left"));
      const [top, ...lines] = drawTable([head, ...rows], align);
      const below = note === undefined ? [] : wrap(note, width);
      return [style.bold(name), ...below, style.dim(top!), ...lines, ""];
    }),
    ...wrap(summary, width),
    "",
    ...verdicts.flatMap(({ holds, statement, found }) => {
      const [first, ...rest] = wrap(`${statement} (${found})`, width - 16);
      const mark = holds ? style.good("holds         ") : style.bad("does not hold ");
      return [`${mark} ${first}`, ...rest.map((line) => `${" ".repeat(15)}${line}`)];
    }),
    "",
    `Written to ${join(folder, "README.md")}${files.length > 0 ? `, with ${files.join(", ")}` : ""}`,
  ];
}
