import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { brightPixels, TinyNetwork } from "../../test/tiny-problem.ts";
import { reference } from "../backend/reference/reference.ts";
import { setBackend } from "../compiler/runtime.ts";
import { FileError } from "../core/errors.ts";
import { type Checkpoint, parseCheckpoint, serializeCheckpoint } from "./checkpoint.ts";
import { fit as trainModel } from "./fit.ts";
import { SGD } from "./optimizers/index.ts";
import { RunFolder } from "./run-folder.node.ts";

setBackend(reference);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-run-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function trained(path: string): Promise<[RunFolder, Checkpoint]> {
  const run = await RunFolder.create(path, { model: "tiny", lr: 0.1 });
  const { checkpoint } = await trainModel(new TinyNetwork(), {
    train: brightPixels(16),
    epochs: 2,
    batchSize: 4,
    optimizer: new SGD({ lr: 0.1, momentum: 0.9 }),
    reportEvery: 2,
    run,
  });
  return [run, checkpoint!];
}

describe("a folder", () => {
  test("holds config, metrics and checkpoint, and nothing else", async () => {
    const [run, checkpoint] = await trained(join(folder, "a/b"));
    expect((await readdir(run.path)).sort()).toEqual([
      "checkpoint.safetensors",
      "config.json",
      "metrics.jsonl",
    ]);
    const opened = await RunFolder.open(run.path);
    expect(opened.config).toEqual({ model: "tiny", lr: 0.1 });
    expect(await opened.checkpoint()).toEqual(checkpoint);
    const lines = await opened.lines();
    expect(lines.map(({ kind }) => kind)).toEqual(["step", "step", "epoch", "step", "step", "epoch"]);
    expect(checkpoint.position.lines).toBe(lines.length);
    expect(checkpoint.position.history[1]).toMatchObject({ epoch: 2, step: 8 });
    expect([...checkpoint.optimizer.keys()]).toContain("head.weight.momentum_buffer");
    expect([...checkpoint.model.keys()]).toContain("norm.running_mean");
    expect(checkpoint.random.get("default")!.data[2]).toBe(8);
  });

  test("is not used for two runs", async () => {
    await RunFolder.create(folder, {});
    await expect(RunFolder.create(folder, {})).rejects.toThrow("holds a run already");
    await expect(RunFolder.open(join(folder, "none"))).rejects.toThrow(FileError);
  });

  test("loses what a kill left after the checkpoint when it goes on", async () => {
    const [run] = await trained(join(folder, "run"));
    const metrics = join(run.path, "metrics.jsonl");
    const whole = await readFile(metrics, "utf8");
    await writeFile(join(run.path, ".checkpoint.safetensors.0.tmp"), "torn");
    await appendFile(metrics, '{"kind":"step","step":9}\n{"kind":"st');
    expect(await run.lines()).toHaveLength(7);
    await run.startAt(6);
    expect(await readFile(metrics, "utf8")).toBe(whole);
    expect(await readdir(run.path)).toHaveLength(3);
    await truncate(metrics, whole.length - 1);
    await expect(run.startAt(6)).rejects.toThrow("has 5 whole lines, but the checkpoint counts 6");
    await run.startAt(0);
    expect(await run.lines()).toEqual([]);
  });

  test("with lines that are no records is refused with the place", async () => {
    const run = await RunFolder.create(folder, {});
    await writeFile(join(folder, "metrics.jsonl"), '{"kind":"step"}\n[1]\n');
    await expect(run.lines()).rejects.toThrow("metrics.jsonl: is no JSON record (at byte 16)");
  });
});

describe("a checkpoint's bytes", () => {
  test("read back as the same, and refuse what is none", async () => {
    const [, checkpoint] = await trained(folder);
    const bytes = serializeCheckpoint(checkpoint);
    expect(parseCheckpoint(bytes, "c")).toEqual(checkpoint);
    expect(serializeCheckpoint(parseCheckpoint(bytes, "c"))).toEqual(bytes);

    const withPosition = (position: unknown): Uint8Array =>
      serializeCheckpoint({ ...checkpoint, position: position as Checkpoint["position"] });
    expect(() => parseCheckpoint(withPosition({ ...checkpoint.position, step: -1 }), "c")).toThrow(
      "c: position.step has no valid value",
    );
    expect(() => parseCheckpoint(withPosition({ ...checkpoint.position, history: [{}] }), "c")).toThrow(
      "c: position.history[0].epoch has no valid value",
    );
    expect(() => parseCheckpoint(withPosition(null), "c")).toThrow("c: position is no record");
  });

  test("damaged at any place, are read as a checkpoint or refused with a FileError", async () => {
    const [, checkpoint] = await trained(folder);
    const bytes = serializeCheckpoint(checkpoint);
    fc.assert(
      fc.property(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (at, flip, cut) => {
          const damaged = cut ? bytes.slice(0, at) : bytes.slice();
          if (!cut) damaged[at]! ^= flip;
          try {
            parseCheckpoint(damaged, "c");
          } catch (error) {
            expect(error).toBeInstanceOf(FileError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
