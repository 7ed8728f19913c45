import { padTo } from "./draw-table.ts";
import { formatCount, formatDuration, formatNumber } from "./format.ts";
import { type Style, visibleWidth } from "./style.ts";

/** A line that is drawn again and again is drawn no more often than this. */
export const redrawMilliseconds = 100;

/** Takes away what stands in the terminal's line. */
export const eraseLine = "\r\x1b[K";

export interface ProgressState {
  readonly epoch: number;
  readonly epochs: number;
  /** How much of the epoch is done, from 0 to 1. */
  readonly done: number;
  readonly imagesPerSecond: number;
  readonly loss: number;
  readonly secondsLeft: number;
}

/** One line of at most `columns` columns that tells how far a training is. */
export function drawProgress(state: ProgressState, columns: number, style: Style): string {
  const { epoch, epochs, done, imagesPerSecond, loss, secondsLeft } = state;
  const head = `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`;
  const facts = [
    `${formatCount(Math.round(imagesPerSecond))} images/s`,
    `loss ${padTo(formatNumber(loss), 7)}`,
    `${formatDuration(secondsLeft)} left`,
  ];
  const percent = `${Math.floor(100 * done)}%`.padStart(4);
  const tail = `${percent}  ${facts.join("  ")}`;
  // The last column stays empty: a terminal may begin a new line when it is filled.
  const width = columns - 1 - visibleWidth(head) - visibleWidth(tail) - 2;
  const bar = width >= 5 ? ` ${drawBar(done, Math.min(width, 40), style)}` : "";
  return `${head}${bar} ${tail}`.slice(0, style.colors ? undefined : columns - 1);
}

/** A bar of `width` characters, a part of which is filled. */
export function drawBar(share: number, width: number, style: Style): string {
  const filled = Math.round(Math.min(Math.max(share, 0), 1) * width);
  return style.good("█".repeat(filled)) + style.dim("░".repeat(width - filled));
}
