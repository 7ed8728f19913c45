import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runOnnx } from "../../test/onnx-runtime.ts";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import { compareArrays, tolerance } from "../../test/tolerance.ts";
import type { Tensor } from "../core/tensor.ts";
import { tensor } from "../core/tensor.ts";
import "../index.ts";
import { parseSafetensors } from "../io/safetensors.ts";
import { createModel } from "../models/create-model.ts";
import { lenet5 } from "../models/lenet.ts";
import type { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { runProgram } from "./program.ts";
import { loadTrained, openRun } from "./saved-run.ts";

async function fovea(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = new RecordedTerminal();
  const code = await runProgram(args, terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-export-"));
});
afterAll(() => rm(folder, { recursive: true }));

function images(count: number): Tensor {
  const data = Float32Array.from({ length: count * 784 }, (_, i) => Math.sin(i));
  return tensor(data, { shape: [count, 1, 28, 28] });
}

/** Fails where the file computes something else than the model. */
async function expectSame(file: string, model: Module, input: Tensor): Promise<void> {
  const { output } = Object.fromEntries(await runOnnx(await readFile(file), { input }));
  const expected = await model.eval().forward(input).data();
  expect(compareArrays(output!.data, expected, tolerance.model)).toBeUndefined();
}

describe("export", () => {
  test("writes a new network with the weights of its seed", async () => {
    const [onnx, state] = [join(folder, "a.onnx"), join(folder, "a.safetensors")];
    const { code, stdout, stderr } = await fovea(
      ...["export", "lenet5", "--seed", "5", "--onnx", onnx, "--safetensors", state],
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/a\.onnx +ONNX, opset 21, any number of images +248 kB\n/);
    expect(stdout).toMatch(/a\.safetensors +safetensors, 10 tensors +248 kB\n$/);
    manualSeed(5);
    const model = lenet5();
    await expectSame(onnx, model, images(3));
    expect(parseSafetensors(await readFile(state), state).tensors).toEqual(await model.stateDict());
  });

  test("writes equivariant layers as ordinary ones", async () => {
    const [onnx, state] = [join(folder, "p4.onnx"), join(folder, "p4.safetensors")];
    const { code } = await fovea("export", "p4cnn", "--seed", "5", "--onnx", onnx, "--safetensors", state);
    expect(code).toBe(0);
    const { tensors } = parseSafetensors(await readFile(state), state);
    expect(tensors.get("l2.conv.weight")!.shape).toEqual([40, 40, 3, 3]);
    manualSeed(5);
    await expectSame(onnx, createModel("p4cnn"), images(3));
  });

  test("writes what a run has learned, and what its images were like", async () => {
    const [run, onnx] = [join(folder, "run"), join(folder, "run.onnx")];
    await fovea(
      ...["train", "--epochs", "1", "--run", run, "--limit", "64", "--test-limit", "8", "--threads", "1"],
    );
    const { code, stderr } = await fovea("export", run, "--onnx", onnx, "--batch", "2");
    expect([code, stderr]).toEqual([0, ""]);
    await expectSame(onnx, await loadTrained(await openRun(run)), images(2));
    expect((await readFile(onnx)).toString("latin1")).toContain('["0","1","2","3","4","5","6","7","8","9"]');
    expect(await fovea("export", run, "--onnx", onnx, "--seed", "1", "--force")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`--seed is for a new network: ${run} is a run`),
    });
  });

  test("stores weights in half precision", async () => {
    const onnx = join(folder, "half.onnx");
    expect((await fovea("export", "lenet5", "--float16", "--onnx", onnx)).stdout).toMatch(/ 126 kB\n$/);
  });

  test("writes over nothing unless told", async () => {
    const file = join(folder, "precious");
    await writeFile(file, "precious");
    const refused = await fovea("export", "mlp", "--onnx", join(folder, "new"), "--safetensors", file);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      `fovea export: ${file}: exists already; --force writes over it\n`,
    ]);
    expect(await readdir(folder)).not.toContain("new");
    expect(await readFile(file, "utf8")).toBe("precious");
    expect((await fovea("export", "mlp", "--safetensors", file, "--force")).code).toBe(0);
    expect(parseSafetensors(await readFile(file), file).tensors.size).toBe(4);
  });

  test.each([
    [["lenet", "--onnx", "x"], 2, 'but is "lenet"; did you mean lenet5?'],
    [["lenet5"], 2, "there is nothing to write: give --onnx FILE, --safetensors FILE or both"],
    [["lenet5", "--onnx", "x", "--safetensors", "x"], 2, "--onnx and --safetensors name the same file"],
    [["lenet5", "--onnx", "x", "--opset", "9"], 2, "--opset must be an integer from 18 to 23"],
    [["lenet5", "--onnx", "no/such/folder/x"], 1, "does not exist, or its folder does not"],
    [[], 2, "RUN|MODEL is missing"],
  ])("%j is refused", async (args, code, message) => {
    const outcome = await fovea("export", ...args);
    expect([outcome.code, outcome.stdout]).toEqual([code, ""]);
    expect(outcome.stderr).toContain(message);
  });

  test("a folder cannot be written over", async () => {
    const path = join(folder, "folder");
    await mkdir(path);
    const { code, stderr } = await fovea("export", "mlp", "--onnx", path, "--force");
    expect([code, stderr]).toEqual([1, `fovea export: ${path}: is a folder\n`]);
  });
});
