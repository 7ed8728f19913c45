import { describe, expect, test } from "vitest";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import "../index.ts";
import { listModels } from "../models/registry.ts";
import { runProgram } from "./program.ts";

async function models(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = new RecordedTerminal();
  const code = await runProgram(["models", ...args], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

describe("models", () => {
  test("lists every network under its paper, by year", async () => {
    const { code, stdout, stderr } = await models();
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    const years = lines.flatMap((line) => (/^\d{4} /.test(line) ? [Number(line.slice(0, 4))] : []));
    expect(years).toEqual([...years].sort((a, b) => a - b));
    for (const { name } of listModels()) {
      expect(lines.filter((line) => new RegExp(`^(\\d{4}| {4})  ${name}  `).test(line))).toHaveLength(1);
    }
  });

  test("shows figures, accuracy and what was new", async () => {
    const { stdout } = await models("resnet1*");
    expect(stdout).toMatch(/^year {2}network +parameters +MACs {2}accuracy {2}weights$/m);
    expect(stdout).toMatch(/^2016 {2}resnet18 +11\.7 M +1\.81 G {2}69\.76% +yes$/m);
    expect(stdout).toMatch(/^ {6}resnet152 +60\.2 M +11\.5 G {2}82\.28% +yes$/m);
    expect(stdout).not.toContain("resnet50");
    expect(stdout.match(/^ {6}Blocks learn what to add/gm)).toHaveLength(1);
    expect(stdout).toContain("      He, Zhang, Ren, Sun: Deep Residual Learning");
    expect((await models("lenet5")).stdout).toMatch(/61\.7 k +417 k {2}99\.05% MNIST$/m);
    expect((await models("fcn_resnet50")).stdout).toContain("60.5% mIoU");
  });

  test("gives all fields as JSON", async () => {
    const { code, stdout } = await models("*net50", "--json");
    expect(code).toBe(0);
    const found = JSON.parse(stdout) as { name: string }[];
    expect(found.find(({ name }) => name === "resnet50")).toEqual({
      name: "resnet50",
      paper: expect.stringContaining("Deep Residual Learning"),
      year: 2016,
      novelty: expect.stringContaining("Blocks learn"),
      task: "classification",
      inputShape: [3, 224, 224],
      numClasses: 1000,
      parameters: 25_557_032,
      macs: 4_089_184_256,
      accuracy: { dataset: "ImageNet-1k", top1: 80.858, top5: 95.434 },
      head: ["fc"],
      weights: expect.objectContaining({ source: expect.stringContaining("resnet50-11ad3fa6") }),
    });
    expect(found.every(({ name }) => name.endsWith("net50"))).toBe(true);
  });
});

test.each([
  [["resent*"], 'no network has a name such as "resent*"; did you mean resnet*?'],
  [["lenet"], 'no network has a name such as "lenet"; did you mean lenet5?'],
  [["zzzzzz"], 'no network has a name such as "zzzzzz"\n'],
  [["a", "b"], '"b" is one argument too many'],
])("%j is bad use", async (args, message) => {
  const { code, stdout, stderr } = await models(...args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
});
