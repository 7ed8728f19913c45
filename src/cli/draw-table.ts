import { visibleWidth } from "./style.ts";

export type Align = "left" | "right";

/** Rows of cells in columns that are as wide as their widest cell, two spaces apart. */
export function drawTable(rows: readonly (readonly string[])[], align: readonly Align[]): string[] {
  const widths = align.map((_, column) => Math.max(0, ...rows.map((row) => visibleWidth(row[column] ?? ""))));
  return rows.map((row) =>
    align
      .map((side, column) => padTo(row[column] ?? "", widths[column]!, side))
      .join("  ")
      .trimEnd(),
  );
}

/** Fills a text with spaces up to `width` columns. */
export function padTo(text: string, width: number, side: Align = "left"): string {
  const spaces = " ".repeat(Math.max(0, width - visibleWidth(text)));
  return side === "left" ? text + spaces : spaces + text;
}
