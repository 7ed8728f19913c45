import type { ConfusionMatrix } from "../train/confusion-matrix.ts";
import { padTo } from "./draw-table.ts";
import { formatPercent, shorten } from "./format.ts";
import type { Style } from "./style.ts";

const longestLabel = 12;
const longestHeading = 5;
const recallWidth = 8;
const mostConfusions = 10;

/**
 * A confusion matrix with a row for each label and a column for each prediction, and the recall at the end of the row.
 *
 * Where the columns are too few, the most frequent mistakes are listed instead.
 */
export function drawConfusion(
  confusion: ConfusionMatrix,
  classes: readonly string[],
  columns: number,
  style: Style,
): string[] {
  const longest = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));
  const label = Math.min(longestLabel, Math.max(5, longest(classes)));
  const counts = longest([...confusion.counts].map(String));
  const available = Math.floor((columns - label - recallWidth) / classes.length) - 1;
  if (available < Math.max(counts, Math.min(longest(classes), 3))) {
    return listConfusions(confusion, classes, style);
  }
  const cell = Math.min(available, Math.max(counts, Math.min(longest(classes), longestHeading)));
  const heading = classes.map((name) => ` ${padTo(name.slice(0, cell), cell, "right")}`).join("");
  const lines = [style.dim(`${padTo("label", label)}${heading}${padTo("recall", recallWidth, "right")}`)];
  classes.forEach((name, target) => {
    const cells = classes.map((_, prediction) => {
      const count = confusion.count(target, prediction);
      const text = ` ${String(count || "·").padStart(cell)}`;
      if (count === 0) return style.dim(text);
      return target === prediction ? style.good(text) : style.bad(text);
    });
    const recall = formatPercent(confusion.recall(target), 1).padStart(recallWidth);
    lines.push(`${padTo(shorten(name, label), label)}${cells.join("")}${recall}`);
  });
  return lines;
}

function listConfusions(confusion: ConfusionMatrix, classes: readonly string[], style: Style): string[] {
  const mistakes = [...confusion.counts]
    .map((count, i) => ({
      count,
      target: Math.floor(i / classes.length),
      prediction: i % classes.length,
    }))
    .filter(({ count, target, prediction }) => count > 0 && target !== prediction)
    .sort((a, b) => b.count - a.count)
    .slice(0, mostConfusions);
  const digits = String(mistakes[0]?.count ?? 0).length;
  return [
    style.dim("the most frequent mistakes"),
    ...mistakes.map(({ count, target, prediction }) => {
      const number = style.bad(String(count).padStart(digits));
      return `${number} × ${classes[target]} taken for ${classes[prediction]}`;
    }),
  ];
}
