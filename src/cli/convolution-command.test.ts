import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import "../index.ts";
import { runProgram } from "./program.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-convolution-"));
});
afterAll(() => rm(folder, { recursive: true }));

const quick = ["--threads", "1", "--repeat", "1"];

async function convolution(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = new RecordedTerminal();
  const code = await runProgram(["convolution", ...args], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

test("compares the algorithms, and shows that learning absorbs the flip", async () => {
  const { code, stdout } = await convolution("--input", "8,12,12", "--kernel", "3,3", ...quick);
  expect(code).toBe(0);
  expect(stdout).toContain("x 1×8×12×12, weight 8×8×3×3: outputs of 12×12");
  for (const form of ["direct", "im2col", "winograd \\d×\\d", "fft \\d+×\\d+"])
    expect(stdout).toMatch(new RegExp(`^${form} +[\\d.]+ [kM] .* [\\d.]+e-\\d +[\\d.]+ +[\\d.]+$`, "m"));
  expect(stdout).toMatch(/^The compiler chooses (direct|winograd|fft)/m);
  expect(stdout).toContain("All 30 losses are the same bit by bit");
});

test("prints JSON, and says what an algorithm cannot compute", async () => {
  const { stdout } = await convolution("--input", "4,9,10", "--kernel", "1,5", "--json", ...quick);
  const found = JSON.parse(stdout);
  expect(found.results.map(({ algorithm }: { algorithm: string }) => algorithm)).toEqual([
    "direct",
    "im2col",
    "fft",
  ]);
  expect(found.left[0].reason).toBe("is for kernels of 3×3, and this one is 1×5");
  expect(found.mirrored.convolution).toEqual(found.mirrored.correlation);
  expect(found.mirrored.largestDifference).toBe(0);
});

test("sweeps the kernel size, and draws it", async () => {
  const out = join(folder, "crossover.svg");
  const { code, stdout } = await convolution("--sweep", "--input", "4,12,12", "--out", out, ...quick);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^3×3 +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +(direct|winograd|fft)/m);
  expect(stdout).toMatch(/^31×31 +[\d.]+ +[\d.]+ +[\d.]+ +(direct|fft)/m);
  expect(stdout).toMatch(/^FFT is (the fastest from (\d+)×\2 on|not the fastest)/m);
  const picture = await readFile(out, "utf8");
  for (const name of ["direct", "im2col", "Winograd", "FFT", "chosen by the compiler"])
    expect(picture).toContain(name);
});

test.each([
  [["--groups", "3"], "64 input channels do not divide into --groups 3"],
  [["--out", "x.svg"], "--out is for the picture of --sweep"],
  [["--sweep", "--out", "x.gif"], "--out must end in .svg"],
  [["--sweep", "--kernel", "3,3"], "--kernel is for one convolution, without --sweep"],
  [["--kernel", "3"], "--kernel must be 2 numbers"],
  [["resnet18"], "resnet18"],
])("refuses %j", async (args, message) => {
  const { code, stderr } = await convolution(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test("says what does not fit", async () => {
  const { code, stderr } = await convolution("--input", "4,3,3", "--padding", "0");
  expect(code).toBe(1);
  expect(stderr).toContain("the kernel of 7×7 is larger than the padded input of 3×3");
});
