import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseCheckpoint } from "./checkpoint.ts";
import { RunFolder } from "./run-folder.node.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const script = join(root, "test/resumable-training.mjs");
const kills = process.env.FOVEA_SLOW ? 50 : 4;

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "fovea-resume-"));
});
afterAll(() => rm(scratch, { recursive: true }));

/** Runs the training until it ends or, `delay` ms after it began, is killed; says whether it ended. */
async function train(folder: string, delay?: number): Promise<boolean> {
  const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "pipe"] });
  const exit = once(child, "exit");
  let errors = "";
  child.stderr.on("data", (text) => {
    errors += text;
  });
  let timer: NodeJS.Timeout | undefined;
  child.stdout.once("data", () => {
    if (delay !== undefined) timer = setTimeout(() => child.kill("SIGKILL"), delay);
  });
  const [code, signal] = await exit;
  clearTimeout(timer);
  if (signal === "SIGKILL") return false;
  expect(code, errors).toBe(0);
  return true;
}

async function resultOf(folder: string): Promise<{ checkpoint: Buffer; lines: object[] }> {
  const lines = await (await RunFolder.open(folder)).lines();
  return {
    checkpoint: await readFile(join(folder, "checkpoint.safetensors")),
    lines: lines.map(({ time, seconds, imagesPerSecond, secondsLeft, ...rest }) => rest),
  };
}

test.skipIf(!existsSync(join(root, "dist/index.js")))(
  `a training that is killed ${kills} times ends with the same bits (needs dist: npm run build)`,
  { timeout: 600_000 },
  async () => {
    const whole = join(scratch, "whole");
    const began = performance.now();
    expect(await train(whole)).toBe(true);
    const duration = performance.now() - began;
    const expected = await resultOf(whole);
    expect(expected.lines.at(-1)).toHaveProperty("kind", "test");

    const delays: number[] = [];
    for (let attempt = 0; delays.length < kills; attempt++) {
      const folder = join(scratch, String(attempt));
      for (let ended = false; !ended; ) {
        const delay = delays.length < kills ? (Math.random() * duration) / 3 : undefined;
        ended = await train(folder, delay);
        if (!ended) delays.push(delay!);
        const file = join(folder, "checkpoint.safetensors");
        if (existsSync(file)) parseCheckpoint(await readFile(file), file);
      }
      const found = await resultOf(folder);
      const label = `killed after ${delays.map((delay) => delay.toFixed(1)).join(", ")} ms`;
      expect(found.lines, label).toEqual(expected.lines);
      expect(found.checkpoint.equals(expected.checkpoint), label).toBe(true);
      const files = ["checkpoint.safetensors", "config.json", "metrics.jsonl"];
      expect((await readdir(folder)).sort()).toEqual(files);
    }
  },
);
