import type { DownloadProgress, TransferOptions } from "../io/http/transfer-options.ts";
import { drawBar, eraseLine, redrawMilliseconds } from "./draw-progress.ts";
import { formatScaled, shorten } from "./format.ts";
import { printable } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** Does something that may download files, and shows a person meanwhile how much of one has come. */
export async function watchingDownloads<T>(
  terminal: Terminal,
  action: (options: TransferOptions) => Promise<T>,
): Promise<T> {
  if (!terminal.interactive) return action({});
  let drawnAt = Number.NEGATIVE_INFINITY;
  const onProgress = (progress: DownloadProgress): void => {
    const now = performance.now();
    if (now - drawnAt < redrawMilliseconds) return;
    drawnAt = now;
    terminal.write(eraseLine + drawDownload(progress, terminal));
  };
  try {
    return await action({ onProgress });
  } finally {
    if (drawnAt > 0) terminal.write(eraseLine);
  }
}

function drawDownload({ path, bytes, total }: DownloadProgress, { columns, style }: Terminal): string {
  const known = total !== undefined && total > 0;
  const amount = known
    ? `${formatScaled(bytes, "B")} of ${formatScaled(total, "B")}`
    : formatScaled(bytes, "B");
  const bar = known ? `${drawBar(bytes / total, 12, style)} ` : "";
  // The last column stays empty: a terminal may begin a new line when it is filled.
  const room = columns - 1 - amount.length - (known ? 13 : 0) - "fetches ".length - 1;
  return `fetches ${shorten(printable(path), room)} ${bar}${amount}`;
}
