import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import { reference } from "../backend/reference/reference.ts";
import "../index.ts";
import { serializeSafetensors } from "../io/safetensors.ts";
import { lenet5 } from "../models/lenet.ts";
import { benchmark } from "./benchmark.ts";
import type { BenchmarkReport } from "./benchmark-report.ts";
import { runProgram } from "./program.ts";
import type { TraceEvent } from "./trace-events.ts";

async function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = new RecordedTerminal();
  const code = await runProgram(["bench", ...args], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-bench-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("bench", () => {
  let stdout: string;
  let report: BenchmarkReport & { kernels: { ahead: boolean; ms: number; runs: number }[]; times: number[] };
  let trace: { traceEvents: TraceEvent[] };

  beforeAll(async () => {
    const [json, events] = [join(folder, "lenet.json"), join(folder, "trace.json")];
    const outcome = await bench(
      "lenet5",
      ...["--batch", "4", "--threads", "2", "--runs", "9", "--json", json, "--trace", events],
    );
    expect([outcome.code, outcome.stderr]).toEqual([0, ""]);
    stdout = outcome.stdout;
    report = JSON.parse(await readFile(json, "utf8"));
    trace = JSON.parse(await readFile(events, "utf8"));
  });

  test("prints a table of kernels and totals", () => {
    expect(stdout).toMatch(
      /^lenet5: inference on 4 images of \[1, 28, 28\], wasm, 2 threads\n\nkernel +algorithm /,
    );
    expect(stdout).toMatch(
      /^conv\+maximum +direct \d×\d+ +\[4, 16, 10, 10\] +960 k +[\d.]+ kB +0\.\d{4} +[\d.]+ +[\d.]+ +[\d.]+% +\d+%$/m,
    );
    expect(stdout).toMatch(/^MACs +1,666,080$/m);
    expect(stdout).toMatch(/^run +\d+\.\d+ ms \(median of 9\), \d+\.\d+ ms at best$/m);
    expect(stdout).toMatch(/^compiled in +\d+ ms: [a-z]+ \d+(, [a-z]+ \d+){4}$/m);
    expect(stdout).toMatch(/^peak +[\d.]+ GFLOP\/s \(/m);
    const lines = stdout.split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
    const table = lines.slice(2, lines.indexOf("", 2));
    expect(new Set(table.map((line) => line.indexOf("ms")).filter((at) => at >= 0)).size).toBe(1);
  });

  test("writes numbers that add up", () => {
    const { kernels, groups, times, peak, macs, medianMs, minMs } = report;
    expect(macs).toBe(4 * 416_520);
    expect(groups.reduce((sum, group) => sum + group.macs, 0)).toBe(macs);
    expect(groups.reduce((sum, group) => sum + group.share, 0)).toBeCloseTo(1);
    expect(groups.map(({ ms }) => ms)).toEqual(groups.map(({ ms }) => ms).sort((a, b) => b - a));
    expect(kernels.map(({ ahead, runs }) => runs === (ahead ? 1 : 9))).not.toContain(false);
    expect(kernels.every(({ ms }) => ms > 0)).toBe(true);
    expect(times).toHaveLength(9);
    expect([minMs, medianMs]).toEqual([times[0], times[4]]);
    expect(peak).toMatchObject({ threads: 2 });
    expect(report.imagesPerSecond).toBeCloseTo(4000 / medianMs);
  });

  test("writes a trace whose events lie in one another or follow each other", () => {
    const { traceEvents } = trace;
    const complete = traceEvents.filter(({ ph }) => ph === "X");
    expect(complete.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["trace", "fuse", "emit", "engine", "first run", "run 9", "conv+maximum"]),
    );
    for (const tid of new Set(complete.map((event) => event.tid))) {
      const open: number[] = [];
      let last = 0;
      for (const { ts, dur, tid: own } of complete) {
        if (own !== tid) continue;
        const [begin, end] = [Math.round(1000 * ts!), Math.round(1000 * (ts! + dur!))];
        expect(begin).toBeGreaterThanOrEqual(last);
        expect(end).toBeGreaterThan(begin);
        while (open.length > 0 && open.at(-1)! <= begin) open.pop();
        expect(end).toBeLessThanOrEqual(open.at(-1) ?? end);
        open.push(end);
        last = begin;
      }
    }
    const kernels = complete.filter(({ cat }) => cat === "kernel");
    const ordinary = report.kernels.filter(({ ahead }) => !ahead).length;
    expect(kernels).toHaveLength(report.kernels.length + 9 * ordinary);
    expect(kernels.find(({ name }) => name === "conv+maximum")!.args).toMatchObject({
      shape: "4×6×28×28",
      algorithm: expect.stringMatching(/^direct \d×\d+$/),
      MACs: 470_400,
      "GFLOP/s": expect.any(Number),
    });
  });

  test("times a training step of a network with a class for each pixel", async () => {
    const args = ["conv_autoencoder", "--input", "1,8,8", "--classes", "3", "--batch", "2"];
    const { code, stdout } = await bench(
      ...args,
      "--train",
      "--kernels",
      "0",
      "--runs",
      "1",
      "--threads",
      "1",
    );
    expect(code).toBe(0);
    expect(stdout).toContain("conv_autoencoder: a training step on 2 images of [1, 8, 8], wasm, 1 thread\n");
  });

  test("times a training step, with no row or few", async () => {
    const few = await bench(
      "mlp",
      "--train",
      "--batch",
      "8",
      "--runs",
      "3",
      "--kernels",
      "2",
      "--threads",
      "1",
    );
    expect(few.stdout).toContain("mlp: a training step on 8 images of [1, 28, 28], wasm, 1 thread\n");
    expect(few.stdout).toMatch(/^\d+ more .*%$/m);
    expect(few.stdout.split("\n\n")[1]!.split("\n")).toHaveLength(4);
    const none = await bench("mlp", "--backend", "reference", "--runs", "1", "--kernels", "0");
    expect(none.stdout).toMatch(/^mlp: .*, reference, 1 thread\n\nrun +[\d.]+ ms \(median of 1\)/);
    expect(none.stdout).not.toContain("peak");
  });

  test("takes parameters from a file, if they fit", async () => {
    const file = join(folder, "lenet.safetensors");
    await writeFile(file, serializeSafetensors(await lenet5().stateDict()));
    expect((await bench("lenet5", "--weights", file, "--runs", "1", "--kernels", "0")).code).toBe(0);
    const wrong = await bench("lenet5", "--weights", file, "--classes", "7");
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain(`fovea bench: ${file}: `);
  });

  test("ends early when it is told to", async () => {
    const options = { backend: reference, input: [1, 28, 28], batch: 1, train: false, runs: 1e6 };
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(benchmark(lenet5(), { ...options, signal })).rejects.toBe(reason);
  });

  test("fails for a file that it cannot write, with the table printed and nothing left", async () => {
    const file = join(folder, "nowhere", "x.json");
    const before = await readdir(folder);
    const { code, stdout, stderr } = await bench("lenet5", "--runs", "1", "--json", file, "--threads", "1");
    expect(code).toBe(1);
    expect(stdout).toContain("images/s");
    expect(stderr).toBe(`fovea bench: ${file}: does not exist, or its folder does not\n`);
    expect(await readdir(folder)).toEqual(before);
  });
});

test.each([
  [[], "fovea bench: MODEL is missing"],
  [["lenet"], 'MODEL must be the name of a network, but is "lenet"; did you mean lenet5?'],
  [["lenet5", "--batch", "0"], '--batch must be an integer from 1 to 65536, but is "0"'],
  [["lenet5", "--batch", "65536", "--input", "1,9999,9999"], "--batch 65536: the images take"],
  [["lenet5", "--runs", "x"], '--runs must be an integer from 1 to 100000, but is "x"'],
  [["lenet5", "--threads", "65"], '--threads must be an integer from 1 to 64, but is "65"'],
  [["lenet5", "--kernels", "-1"], "--kernels must be an integer from 0 to 1000000"],
  [["lenet5", "--backend", "wsm"], '--backend must be wasm or reference, but is "wsm"; did you mean wasm?'],
  [["lenet5", "--backend", "reference", "--threads", "2"], "--threads is for the wasm backend"],
  [["lenet5", "--json", "a", "--trace", "a"], "--json and --trace name the same file"],
  [["lenet5", "--json"], "--json needs a value: --json FILE"],
])("%j is bad use", async (args, message) => {
  const { code, stdout, stderr } = await bench(...args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
});
