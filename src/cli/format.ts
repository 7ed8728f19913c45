/** 61706 as 61,706 */
export function formatCount(count: number): string {
  return count.toLocaleString("en");
}

/** 0.98765 as 98.77% */
export function formatPercent(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)}%`;
}

/** Seconds as 0.4 s, 12.3 s, 2 min 5 s or 1 h 3 min. */
export function formatDuration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A learning rate or a loss in four significant digits. */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** A shape as [6, 28, 28]. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** `text` in at most `width` columns. */
export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** `1 epoch`, `2 epochs` */
export function formatMany(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

const prefixes = ["", "k", "M", "G", "T"];

/** 117600 as 118 k, 1234567 as 1.23 M; with a unit 118 kB. */
export function formatScaled(value: number, unit = ""): string {
  let power = 0;
  let scaled = value;
  // What rounds to 1000 of one prefix is 1 of the next.
  while (scaled >= 999.5 && power < prefixes.length - 1) {
    scaled /= 1000;
    power++;
  }
  const digits = power === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${prefixes[power]}${unit}`.trimEnd();
}
