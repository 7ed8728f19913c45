import { afterEach, expect, test, vi } from "vitest";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import type { TransferOptions } from "../io/http/transfer-options.ts";
import { visibleWidth } from "./style.ts";
import { watchingDownloads } from "./watch-downloads.ts";

afterEach(() => {
  vi.useRealTimers();
});

const path = "timm/resnet50.a1_in1k/model.safetensors";
const total = 102_000_000;

/** A download of ten parts, each of which takes 60 ms. */
async function tenParts({ onProgress }: TransferOptions, known: boolean): Promise<string> {
  for (let part = 1; part <= 10; part++) {
    vi.advanceTimersByTime(60);
    onProgress?.({ path, bytes: (part * total) / 10, total: known ? total : undefined });
  }
  return "done";
}

test.each([true, false])(
  "a person sees how much has come, and then nothing of it (size known: %s)",
  async (known) => {
    vi.useFakeTimers();
    const terminal = new RecordedTerminal(true);
    expect(await watchingDownloads(terminal, (options) => tenParts(options, known))).toBe("done");
    const lines = terminal.stdout.split("\r\x1b[K");
    // Drawn at most each 100 ms.
    expect(lines.length).toBe(7);
    expect(lines[1]).toContain("fetches timm/resnet50.a1_in1k/model.safe");
    expect(lines[1]).toContain(known ? "10.2 MB of 102 MB" : "10.2 MB");
    for (const line of lines) expect(visibleWidth(line)).toBeLessThan(terminal.columns);
    expect(lines.at(-1)).toBe("");
  },
);

test("the line goes away when a download fails", async () => {
  const terminal = new RecordedTerminal(true);
  const failing = watchingDownloads(terminal, async ({ onProgress }) => {
    onProgress?.({ path: "x\u001b[31m", bytes: 1, total: 2 });
    throw new Error("cut");
  });
  await expect(failing).rejects.toThrow("cut");
  expect(terminal.stdout.endsWith("\r\x1b[K")).toBe(true);
  expect(terminal.stdout).not.toContain("x\u001b[31m");
});

test("nothing is written where nobody watches", async () => {
  vi.useFakeTimers();
  const terminal = new RecordedTerminal(false);
  await watchingDownloads(terminal, (options) => tenParts(options, true));
  expect(terminal.stdout).toBe("");
});
