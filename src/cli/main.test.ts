import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawDigit } from "../data/draw-digit.ts";
import { encodeNetpbm } from "../io/netpbm.ts";

/** The program as it is published: `npm run build` makes it. */
const main = join(import.meta.dirname, "../../dist/cli/main.js");
const built = existsSync(main);
const name = built
  ? "fovea in a process"
  : "fovea in a process (skipped: npm run build makes what is tested)";

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Watch = (stdout: string, child: ChildProcess) => void;

let folder: string;

/** @param watch sees all that has been written so far, whenever there is more. */
function fovea(args: readonly string[], watch?: Watch): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      watch?.(stdout, child);
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

const tiny = ["--limit", "160", "--test-limit", "50", "--batch-size", "16", "--threads", "1"];
const six = ["train", "--epochs", "6", ...tiny];

/** Sends a signal once the first epoch is over. */
function interruptWith(signal: NodeJS.Signals): Watch {
  let sent = false;
  return (stdout, child) => {
    if (!sent && stdout.includes("epoch 1/6  train")) sent = child.kill(signal);
  };
}

describe.skipIf(!built)(name, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fovea-cli-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("exits with 2 for bad use, and says so on stderr", async () => {
    const { code, stdout, stderr } = await fovea(["train", "--optimizer", "adm"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      'fovea train: --optimizer must be sgd, adam, adamw or rmsprop, but is "adm"; did you mean adam?\n' +
        '"fovea train --help" shows how to use it\n',
    );
  });

  test("trains, and classifies by the newest run", async () => {
    const nothing = await fovea(["classify", "digit.pgm"]);
    expect([nothing.code, nothing.stdout]).toEqual([2, ""]);
    expect(nothing.stderr).toContain("there is no run in runs/");
    const { code, stdout, stderr } = await fovea(["train", "--epochs", "1", ...tiny]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain("\x1b");
    const [run] = await readdir(join(folder, "runs"));
    expect(run).toMatch(/^lenet5-digits-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/);
    const digit = encodeNetpbm({ width: 28, height: 28, channels: 1, data: drawDigit({ digit: 4 }) });
    await writeFile(join(folder, "digit.pgm"), digit);
    const classified = await fovea(["classify", "digit.pgm", "--json"]);
    expect([classified.code, classified.stderr]).toEqual([0, ""]);
    const { model, top } = JSON.parse(classified.stdout);
    expect([model, top.length]).toEqual([join("runs", run!), 5]);
  });

  test("saves a checkpoint on Ctrl-C, and resumes to the same bytes", async () => {
    const { code, stdout } = await fovea([...six, "--run", "stopped"], interruptWith("SIGINT"));
    expect(code).toBe(130);
    expect(stdout).toContain("Finishing the step; once more to end at once");
    expect(stdout).toMatch(/^Interrupted after \d+ steps; the checkpoint is saved in stopped$/m);
    expect(stdout).toContain("fovea train --resume stopped");
    const resumed = await fovea(["train", "--resume", "stopped", "--threads", "1"]);
    expect([resumed.code, resumed.stderr]).toEqual([0, ""]);
    expect(resumed.stdout).toMatch(/^Goes on after step \d+ of 60$/m);
    expect((await fovea([...six, "--run", "whole"])).code).toBe(0);
    const checkpoint = (run: string) => readFile(join(folder, run, "checkpoint.safetensors"));
    expect((await checkpoint("stopped")).equals(await checkpoint("whole"))).toBe(true);
  });

  test("ends alike by SIGTERM", async () => {
    const { code, stdout } = await fovea([...six, "--run", "terminated"], interruptWith("SIGTERM"));
    expect(code).toBe(143);
    expect(stdout).toContain("the checkpoint is saved in terminated");
  });

  test("ends at once by a second signal, with a whole checkpoint", async () => {
    let sent = 0;
    const { code } = await fovea([...six, "--run", "twice", "--checkpoint-every", "5"], (stdout, child) => {
      if (sent === 0 && stdout.includes("epoch 1/6  train")) sent = Number(child.kill("SIGINT"));
      else if (sent === 1 && stdout.includes("Finishing")) sent += Number(child.kill("SIGINT"));
    });
    expect(code).toBe(130);
    expect((await fovea(["eval", "twice", "--threads", "1"])).code).toBe(0);
  });

  test("leaves no file of a benchmark that Ctrl-C ends", async () => {
    const files = ["--json", "bench.json", "--trace", "bench-trace.json"];
    let sent = false;
    const { code, stdout, stderr } = await fovea(["bench", "lenet5", ...files], (written, child) => {
      if (!sent && written.includes("lenet5: inference")) sent = child.kill("SIGINT");
    });
    expect([code, stderr]).toEqual([130, ""]);
    expect(stdout).not.toContain("images/s");
    expect((await readdir(folder)).filter((name) => name.includes("bench"))).toEqual([]);
  });

  test("ends quietly when its reader has seen enough", async () => {
    const child = spawn(process.execPath, [main, ...six, "--run", "unread"], { cwd: folder });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, stderr]).toEqual([141, ""]);
  });
});
