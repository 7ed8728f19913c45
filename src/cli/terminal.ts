import type { WriteStream } from "node:tty";
import { createStyle, type Style } from "./style.ts";

/** Where a command writes to. */
export interface Terminal {
  /** Whether a person watches, so that a line may be drawn again and again. */
  readonly interactive: boolean;
  readonly columns: number;
  readonly style: Style;
  /** Results, without a line's end added. */
  write(text: string): void;
  /** Writes a line of results. */
  line(text?: string): void;
  /** Writes a line of errors. */
  problem(text: string): void;
}

/** The process's own streams; colours are off where NO_COLOR is set (no-color.org) or nobody watches. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const interactive = (stdout as Partial<WriteStream>).isTTY === true && env["TERM"] !== "dumb";
  return {
    interactive,
    get columns(): number {
      return Math.max(40, (stdout as Partial<WriteStream>).columns ?? 80);
    },
    style: createStyle(interactive && !env["NO_COLOR"]),
    write: (text) => void stdout.write(text),
    line: (text = "") => void stdout.write(`${text}\n`),
    problem: (text) => void stderr.write(`${text}\n`),
  };
}
