import type { Operands } from "./arguments.ts";
import { padTo } from "./draw-table.ts";
import { flagName, type Options } from "./option.ts";
import type { Style } from "./style.ts";

interface Helped {
  readonly name: string;
  readonly summary: string;
  readonly details?: string;
  readonly operands: Operands;
  readonly options: Options;
  readonly examples: readonly string[];
}

/** The help of one command: usage, options with their defaults, examples. */
export function help(command: Helped, columns: number, style: Style): string {
  const { name, summary, details, operands, options, examples } = command;
  const width = Math.min(columns, 100);
  const usage = ["fovea", name, ...(operands.most > 0 ? [operands.name] : []), "[options]"].join(" ");
  const rows = Object.entries(options).map(([property, option]): [string, string] => {
    const value = option.placeholder === undefined ? "" : ` ${option.placeholder}`;
    return [flagName(property) + value, option.help];
  });
  return [
    `${style.bold("Usage:")} ${usage}`,
    "",
    ...wrap(`${summary}.${details ? ` ${details}` : ""}`, width),
    "",
    style.bold("Options:"),
    ...definitionList(rows, width),
    "",
    style.bold("Examples:"),
    ...examples.map((example) => `  ${example}`),
  ].join("\n");
}

/**
 * Terms in one column and what is said about them in another.
 *
 * @param longest letters of the longest term, also where that stands in another list.
 */
export function definitionList(
  rows: readonly (readonly [string, string])[],
  width: number,
  longest: number = Math.max(...rows.map(([term]) => term.length)),
): string[] {
  const left = longest + 4;
  return rows.flatMap(([term, text]) =>
    wrap(text, width - left).map((line, i) => padTo(i === 0 ? `  ${term}` : "", left) + line),
  );
}

/** Breaks a text between words into lines of at most `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
