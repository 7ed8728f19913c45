import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import "../index.ts";
import { runProgram } from "./program.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-check-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function check(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = new RecordedTerminal();
  const code = await runProgram(["check", ...args], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

describe("fovea check", () => {
  test("says that a network on p4 obeys its law", async () => {
    const { code, stdout } = await check("p4cnn");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^p4cnn on 2 random images of 1×28×28, under C4$/m);
    expect(stdout).toMatch(/^identity +0 +0$/m);
    expect(stdout).toMatch(/^270° +\S+e-\d +\S+e-7$/m);
    expect(stdout).toMatch(
      /^holds: the output \[N, 10\] must not change, and is off by at most \S+e-7 of its/m,
    );
  });

  test("says which layer of an ordinary network breaks it first", async () => {
    const { code, stdout } = await check("lenet5", "--group", "pm", "--threads", "1");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^mirror +0\.\d+ +0\.\d+$/m);
    expect(stdout.replaceAll("\n", " ")).toMatch(
      /does not hold: .* for mirror; up to 1\.0e-5 would count as rounding First broken by 0, Conv2d\(1, 6, 5, \{ padding: 2 \}\): its output \[N, 6, 28, 28\] is off by/,
    );
    const { stdout: json } = await check("lenet5", "--group", "pm", "--json", "--tolerance", "10");
    expect(JSON.parse(json)).toMatchObject({ model: "lenet5", group: "D1", holds: true, tolerance: 10 });
  });

  test("takes images, of which a black one is the same from every side", async () => {
    const file = join(folder, "black.pgm");
    await writeFile(file, Buffer.concat([Buffer.from("P5 28 28 255\n"), Buffer.alloc(784)]));
    const { code, stdout } = await check("lenet5", file, "--group", "p4m");
    expect(stdout).toContain("lenet5 on 1 image of 1×28×28, under D4");
    expect(code).toBe(0);
    const missing = await check("lenet5", join(folder, "none.pgm"));
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("none.pgm")]);
  });

  test("refuses what cannot be meant", async () => {
    expect(await check("lenet5", "--group", "p6")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no group "p6"'),
    });
    expect((await check("lenet5", "--group", "C8")).stderr).toContain("C8 turns by 45°");
    expect((await check("lenet5", "--tolerance", "-1")).code).toBe(2);
    expect((await check("lenet6")).stderr).toContain("lenet5");
    expect((await check("unet", "--input", "1,188,204")).stderr).toContain(
      "takes 188×204 maps to 204×188 ones",
    );
  });
});
