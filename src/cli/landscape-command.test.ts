import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import "../index.ts";
import { runProgram } from "./program.ts";

let folder: string;
let run: string;

async function fovea(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = new RecordedTerminal();
  const code = await runProgram([...args, "--threads", "1"], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-landscape-"));
  run = join(folder, "run");
  const tiny = ["--limit", "64", "--test-limit", "20", "--batch-size", "32", "--epochs", "1"];
  await fovea("train", "--model", "lenet5", "--data", "digits", "--run", run, ...tiny);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

const few = ["--limit", "20", "--batch-size", "10"];

describe("fovea landscape", () => {
  test("looks around a run, draws it, and goes on from a part of it to the same surface", async () => {
    const out = join(folder, "surface.svg");
    const args = ["landscape", run, ...few, "--steps", "3"];
    const { code, stdout } = await fovea(...args, "--out", out);
    expect(code).toBe(0);
    expect(stdout).toContain("on 20 images of digits (train), running statistics\n9 points in ");
    expect(stdout).toMatch(/^the network +[0-9.]+ +[0-9.]+% +0 +0$/m);
    expect(stdout).toContain(`Written to ${out} and ${join(folder, "surface.json")}`);
    expect(await readFile(out, "utf8")).toContain("Loss around");
    const whole = JSON.parse(await readFile(join(folder, "surface.json"), "utf8"));
    expect(whole.loss).toHaveLength(9);
    const file = join(folder, "part.json");
    const cut = { ...whole, loss: whole.loss.slice(0, 4), accuracy: whole.accuracy.slice(0, 4) };
    await writeFile(file, JSON.stringify(cut));
    const again = await fovea(...args, "--resume", file);
    expect(again.stdout).toMatch(/^5 points in .*\(4 were there\)$/m);
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual(whole);
  });

  test("a file of another surface, or a broken one, is refused and kept", async () => {
    const file = join(folder, "other.json");
    const line = ["landscape", run, ...few, "--dimensions", "1", "--steps", "3", "--resume", file];
    expect((await fovea(...line)).code).toBe(0);
    const before = await readFile(file, "utf8");
    const other = await fovea(...line, "--seed", "1");
    expect([other.code, other.stdout]).toEqual([1, ""]);
    expect(other.stderr).toContain(`${file}: is of another surface: seed is 0 there, but 1 here`);
    expect(await readFile(file, "utf8")).toBe(before);
    await writeFile(file, before.slice(0, 40));
    expect((await fovea(...line)).stderr).toContain(`${file}: is no JSON`);
  });

  test("goes from one network to another with --json", async () => {
    const { code, stdout } = await fovea("landscape", run, ...few, "--to", run, "--steps", "2", "--json");
    expect(code).toBe(0);
    const { alphas, betas, loss, images } = JSON.parse(stdout);
    expect([alphas, betas, images]).toEqual([[0, 1], [0], 20]);
    expect(loss[0]).toBe(loss[1]);
  });

  test("Ctrl-C keeps what was found", async () => {
    const out = join(folder, "interrupted.svg");
    const running = fovea("landscape", run, ...few, "--steps", "101", "--out", out);
    setTimeout(() => process.emit("SIGINT", "SIGINT"), 400);
    const { code, stderr } = await running;
    expect([code, stderr]).toEqual([
      130,
      `Interrupted; what was found is in ${join(folder, "interrupted.json")}, and the same command goes on from there\n`,
    ]);
    expect(existsSync(out)).toBe(false);
  });
});

describe("fovea hessian", () => {
  test("prints both ends of the spectrum and draws the density", async () => {
    const out = join(folder, "density.svg");
    const { code, stdout } = await fovea(
      "hessian",
      run,
      ...few,
      "--top",
      "2",
      "--probes",
      "1",
      "--max-steps",
      "12",
      "--out",
      out,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^λ 1 +[0-9.]+ +[0-9.e-]+$/m);
    expect(stdout).toMatch(/^λ 61,706 +-?[0-9.e-]+ +[0-9.e-]+$/m);
    expect(stdout).toMatch(/^trace +-?[0-9.]+ ± /m);
    expect(await readFile(out, "utf8")).toContain("eigenvalue");
  });

  test("random weights and noise, with --json", async () => {
    const args = ["lenet5", "--data", "noise", ...few, "--top", "1", "--bottom", "0", "--probes", "0"];
    const { stdout } = await fovea("hessian", ...args, "--tolerance", "0.1", "--json");
    const { model, largest, smallest, parameters } = JSON.parse(stdout);
    expect([model, largest.length, smallest.length, parameters]).toEqual(["lenet5", 1, 0, 61_706]);
    expect(largest[0].value).toBeGreaterThan(0);
  });
});

test.each([
  [["landscape", "lenet5"], "lenet5 does not say what it was trained on: name images by --data"],
  [["landscape", "lenet5", "--data", "digits", "--out", "a.png"], "--out must end in .svg"],
  [["landscape", "lenet5", "--to", "lenet5", "--range", "2"], "--range is for random directions"],
  [["hessian", "lenet5", "--data", "digts"], "did you mean digits?"],
  [
    ["hessian", "resnet18", "--data", "digits"],
    "has images of [1, 28, 28], but resnet18 takes [3, 224, 224]",
  ],
  [["hessian", "lenet5", "--classes", "3", "--data", "digits"], "has 10 classes, but lenet5 tells 3 apart"],
  [["landscape", "fcn_resnet50", "--data", "noise"], "which are no scores of classes"],
  [["hessian", "lenet5", "--data", "noise", "--statistics", "batch"], "layers of batch normalization"],
])("%j is bad use", async (args, message) => {
  const { code, stdout, stderr } = await fovea(...args);
  expect(stdout).toBe("");
  expect(code).toBeGreaterThan(0);
  expect(stderr).toContain(message);
});
