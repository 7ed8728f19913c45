import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { floats, modelBytes, node } from "../../test/onnx-builder.ts";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import "../index.ts";
import { runProgram } from "./program.ts";
import { visibleWidth } from "./style.ts";

async function summary(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = new RecordedTerminal();
  const code = await runProgram(["summary", ...args], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

test("draws the tree of layers and the totals in torchinfo's terms", async () => {
  const { code, stdout } = await summary("resnet18", "--depth", "2");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^├─Conv2d \(conv1\): 1-1 .+ 9,408 +0\.08% +\[7, 7\] +118,013,952 +True/m);
  expect(stdout).toMatch(/^│ {4}└─BasicBlock \(1\): 2-2 .+ 73,984 /m);
  expect(stdout).toMatch(/^└─Linear \(fc\): 1-10 .+ 513,000 .+ all +--$/m);
  expect(stdout).toMatch(/^Total params +11,689,512$/m);
  expect(stdout).toMatch(/^Forward\/backward pass size \(MB\) +39\.75$/m);
});

test("prints JSON, with all columns of some layers", async () => {
  const { stdout } = await summary("mlp", "--input", "3,28,28", "--json", "--depth", "1");
  const json = JSON.parse(stdout);
  expect(json).toMatchObject({ model: "mlp", input: [3, 28, 28], parameters: 708_910 });
  expect(json.layers.every(({ depth }: { depth: number }) => depth <= 1)).toBe(true);
  expect(json.layers[0].field).toMatchObject([{ whole: true }, { whole: true }]);
});

test("compares with fully connected layers", async () => {
  const { stdout } = await summary("lenet5", "--compare-fc");
  expect(stdout).toMatch(/^0 +\[1, 28, 28\] +\[6, 28, 28\] +156 +3,692,640 .*k× +117,600 +3,687,936 /m);
  const json = JSON.parse((await summary("lenet5", "--compare-fc", "--json")).stdout);
  expect(json.comparison.convolution).toEqual({ parameters: "2572", macs: "357600" });
});

test("leaves out columns where there is no room for them", async () => {
  const terminal = new RecordedTerminal(true);
  await runProgram(["summary", "lenet5"], terminal);
  const rows = terminal.stdout.split("\n");
  expect(Math.max(...rows.map(visibleWidth))).toBeLessThanOrEqual(80);
  expect(terminal.stdout).toContain("Mult-Adds");
  expect(terminal.stdout).not.toContain("Memory");
  const chosen = await summary("lenet5", "--columns", "memory,stride");
  expect(chosen.stdout).toMatch(/^Layer \(type:depth-idx\) +Memory +Stride$/m);
  expect((await summary("lenet5", "--columns", "size")).stderr).toContain(
    "--columns must be some of output, params",
  );
});

test("reads an ONNX file, also of one that takes no images", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fovea-summary-"));
  const path = join(folder, "net.onnx");
  const bytes = modelBytes({
    inputs: { x: ["n", 5, 7] },
    outputs: ["y"],
    initializers: [floats("w", [4, 5, 3], new Float32Array(60))],
    nodes: [node("Conv", ["x", "w"], ["y"])],
  });
  await writeFile(path, bytes);
  const { stdout } = await summary(path);
  await writeFile(path, bytes.subarray(0, 30));
  const broken = await summary(path);
  await rm(folder, { recursive: true });
  expect(stdout).toMatch(/^└─Conv \(y\): 1-1 +\[1, 5, 7\] +\[1, 4, 5\] +60 /m);
  expect([broken.code, broken.stdout]).toEqual([1, ""]);
  expect(broken.stderr).toContain(`fovea summary: ${path}: `);
});

test("names the layer that an input does not fit", async () => {
  const { code, stderr } = await summary("alexnet", "--input", "3,20,20");
  expect(code).toBe(1);
  expect(stderr).toMatch(/^fovea summary: features\.\d+: maxPool2d: /);
});
