import { drawBar, eraseLine, redrawMilliseconds } from "./draw-progress.ts";
import { formatDuration, shorten } from "./format.ts";
import type { Terminal } from "./terminal.ts";

/** Where a bar cannot be drawn. */
const mostLines = 20;

/** Shows how far a longer work is: a bar that moves for a person, and up to 20 lines for a file. */
export class ProgressDisplay {
  readonly #terminal: Terminal;
  readonly #silent: boolean;
  readonly #began: number = performance.now();
  #drawnAt = Number.NEGATIVE_INFINITY;
  #lines = 0;

  constructor(terminal: Terminal, silent: boolean) {
    this.#terminal = terminal;
    this.#silent = silent;
  }

  show(text: string, done?: number, total?: number): void {
    if (this.#silent) return;
    if (!this.#terminal.interactive) {
      const lines = Math.floor((mostLines * (done ?? 0)) / (total ?? 1));
      if (lines <= this.#lines) return;
      this.#lines = lines;
      this.#terminal.line(`${`${Math.floor((100 * lines) / mostLines)}%`.padStart(4)}  ${text}`);
      return;
    }
    const now = performance.now();
    if (now - this.#drawnAt < redrawMilliseconds) return;
    this.#drawnAt = now;
    this.#terminal.write(eraseLine + this.#draw(text, done, total));
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#terminal.interactive && !this.#silent) this.#terminal.write(eraseLine);
  }

  #draw(text: string, done: number | undefined, total: number | undefined): string {
    const { columns, style } = this.#terminal;
    // The last column stays empty: a terminal may begin a new line when it is filled.
    const room = columns - 1;
    if (done === undefined || total === undefined || total === 0) return shorten(text, room);
    const share = done / total;
    const elapsed = (performance.now() - this.#began) / 1000;
    const left = share > 0.02 ? `  ${formatDuration((elapsed * (1 - share)) / share)} left` : "";
    const tail = `${`${Math.floor(100 * share)}%`.padStart(4)}${left}  `;
    return `${drawBar(share, 20, style)} ${tail}${shorten(text, room - 21 - tail.length)}`;
  }
}
