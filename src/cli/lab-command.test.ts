import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import "../index.ts";
import { experiments } from "../lab/experiments.ts";
import { runProgram } from "./program.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-lab-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function lab(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = new RecordedTerminal();
  const code = await runProgram(["lab", ...args], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

const quick = ["--quick", "--threads", "1"];

describe("fovea lab", () => {
  test("lists the experiments with what they claim", async () => {
    const { code, stdout } = await lab();
    expect(code).toBe(0);
    for (const { name } of experiments) expect(stdout).toMatch(new RegExp(`^${name}$`, "m"));
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    const listed = JSON.parse((await lab("--json")).stdout);
    expect(listed.map(({ name }: { name: string }) => name)).toEqual(experiments.map(({ name }) => name));
    expect(listed[0].claim).toBe(experiments[0]!.claim);
  });

  test("names are in kebab-case, and each is there once", () => {
    const names = experiments.map(({ name }) => name);
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("runs one and writes what was found", async () => {
    const out = join(folder, "found");
    const { code, stdout } = await lab("parameter-sharing", "--data", "digits", "--out", out, ...quick);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^lenet5 0 +1×28×28 +6×28×28 +156 +122,304 +3,692,640 +23,671$/m);
    expect(stdout).toContain(`Written to ${join(out, "README.md")}`);
    const page = await readFile(join(out, "README.md"), "utf8");
    expect(page).toContain("fovea lab parameter-sharing --data digits --quick\n");
    expect(page).toContain("| lenet5 0 | 1×28×28 | 6×28×28 | 156 | 122,304 | 3,692,640 | 23,671 |");
    const results = JSON.parse(await readFile(join(out, "results.json"), "utf8"));
    expect(results).toMatchObject({
      experiment: "parameter-sharing",
      seed: 0,
      seeds: 1,
      data: { ratios: [] },
    });
    const pictures = [...page.matchAll(/\]\((.+?\.(svg|png))\)/g)].map((match) => match[1]!);
    expect((await readdir(out)).sort()).toEqual(["README.md", "results.json", ...pictures].sort());
  });

  test("prints all numbers with --json, the same for the same seed", async () => {
    const run = ["parameter-sharing", "--data", "digits", "--json", "--seed", "4", ...quick];
    const first = JSON.parse((await lab(...run, "--out", join(folder, "one"))).stdout);
    const second = JSON.parse((await lab(...run, "--out", join(folder, "two"))).stdout);
    expect(first.folder).toBe(join(folder, "one"));
    expect(first.data).toEqual(second.data);
  });

  test("says at once that it cannot write", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const { code, stdout, stderr } = await lab("little-data", "--data", "digits", "--out", join(file, "x"));
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`${join(file, "x")}: a part of the path is no folder`);
  });

  test("writes nothing after Ctrl-C", async () => {
    const out = join(folder, "interrupted");
    const running = lab("parameter-sharing", "--data", "digits", "--out", out, ...quick);
    setTimeout(() => process.emit("SIGINT", "SIGINT"), 20);
    const { code, stdout } = await running;
    expect([code, stdout.trimEnd().split("\n").at(-1)]).toEqual([130, "Interrupted; nothing was written"]);
    expect(await readdir(folder)).not.toContain("interrupted");
  });
});

test.each([
  [["paramter-sharing"], 'there is no experiment "paramter-sharing"; did you mean parameter-sharing?'],
  [["--seed", "3"], "--seed is for an experiment: fovea lab NAME"],
  [["parameter-sharing", "--data", "mnst"], 'cifar10, but is "mnst"; did you mean mnist?'],
])("%j is bad use", async (args, message) => {
  const { code, stdout, stderr } = await lab(...args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
});
