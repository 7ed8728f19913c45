import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import "../index.ts";
import { parseEvents } from "../io/tensorboard/events.ts";
import { runProgram } from "./program.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program in this process. */
async function fovea(...args: string[]): Promise<Outcome> {
  const terminal = new RecordedTerminal();
  const code = await runProgram(args, terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

const tiny = ["--limit", "320", "--test-limit", "100", "--batch-size", "32", "--threads", "1"];
let folder: string;
let run: string;
let trained: Outcome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-cli-"));
  run = join(folder, "tiny");
  trained = await fovea("train", "--epochs", "2", "--run", run, ...tiny);
});
afterAll(() => rm(folder, { recursive: true }));

const longestLine = (text: string): number => Math.max(...text.split("\n").map((line) => line.length));

describe("help", () => {
  test.each([
    [["--help"]],
    [[]],
    [["help", "classify"]],
    [["train", "--help"]],
    [["eval", "-h"]],
    [["summary", "x", "--help"]],
  ])("of %j shows the usage", async (args) => {
    const { code, stdout, stderr } = await fovea(...args);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Usage: fovea/);
    expect(stdout).toContain("Examples:\n  fovea ");
    expect(longestLine(stdout.slice(0, stdout.indexOf("Examples:")))).toBeLessThanOrEqual(80);
  });

  test("has the version", async () => {
    const text = await readFile(join(import.meta.dirname, "../../package.json"), "utf8");
    expect(await fovea("--version")).toEqual({
      code: 0,
      stdout: `${JSON.parse(text).version}\n`,
      stderr: "",
    });
  });
});

test.each([
  [["trian"], 'fovea: there is no command "trian"; did you mean train?'],
  [["--versoin"], "fovea: there is no option --versoin; did you mean --version?"],
  [["train", "--epoch", "3"], "fovea train: there is no option --epoch; did you mean --epochs?"],
  [["train", "--tensorboard-every", "9"], "--tensorboard-every belongs to --tensorboard"],
  [
    ["train", "--data", "nowhere"],
    "fovea train: --data must be digits, mnist, fashion-mnist, cifar10 or a folder",
  ],
  [["summary", "lenet"], 'there is no run and no network "lenet"; did you mean lenet5?'],
  [["summary", "lenet5", "--input", "28"], "fovea summary: --input must be three positive integers"],
  [["eval"], "fovea eval: RUN is missing"],
  [["classify"], "fovea classify: IMAGE... is missing"],
])("%j is bad use", async (args, message) => {
  const { code, stdout, stderr } = await fovea(...args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
  expect(stderr).toContain('--help" shows how to use it');
});

describe("train", () => {
  test("tells how it goes and leaves a run", async () => {
    const { code, stdout, stderr } = trained;
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^epoch 2\/2 {2}train loss .+ test loss .+%\)/m);
    expect(stdout).toMatch(/^Test accuracy [\d.]+% \(\d+ of 100\)/m);
    expect(stdout).toMatch(/^label +0 +1 .*recall$/m);
    expect(stdout).toContain("Most surely wrong");
    expect(stdout).not.toContain("\x1b");
    expect(stdout).toContain(`fovea classify IMAGE --model ${run}`);
    expect(longestLine(stdout.slice(0, stdout.indexOf("Saved in")).replace(/^.*\n/, ""))).toBeLessThanOrEqual(
      80,
    );
    const files = (await readdir(run)).sort();
    expect(files).toEqual(["checkpoint.safetensors", "config.json", "metrics.jsonl"]);
  });

  test("prints a record a line with --json", async () => {
    const path = join(folder, "json");
    const args = ["--epochs", "1", "--optimizer", "adam", "--json", "--run", path];
    const { code, stdout } = await fovea("train", ...args, ...tiny);
    expect(code).toBe(0);
    const records = stdout.trimEnd().split("\n");
    const kinds = records.map((line) => JSON.parse(line).kind);
    expect(kinds).toEqual(["start", "step", "evaluation", "epoch", "checkpoint", "end"]);
    const end = { run: path, stopped: "finished", steps: 10, test: { samples: 100 } };
    expect(JSON.parse(records.at(-1)!)).toMatchObject(end);
  });

  test("goes on with a finished run for more epochs", async () => {
    const longer = join(folder, "longer");
    await cp(run, longer, { recursive: true });
    const { code, stdout } = await fovea("train", "--resume", longer, "--epochs", "3");
    expect(code).toBe(0);
    expect(stdout).toContain("Goes on after step 20 of 30");
    expect(stdout).toContain("Trained 3 epochs (30 steps)");
    expect(JSON.parse(await readFile(join(longer, "config.json"), "utf8")).settings.epochs).toBe(3);
  });

  test("writes TensorBoard's events into the run's folder, or into another one", async () => {
    const [path, other] = [join(folder, "watched"), join(folder, "events")];
    const monitored = ["train", "--epochs", "1", "--tensorboard-every", "5", "--run", path, ...tiny];
    expect((await fovea(...monitored, "--tensorboard")).code).toBe(0);
    const [file] = (await readdir(path)).filter((name) => name.startsWith("events.out.tfevents."));
    const steps = parseEvents(await readFile(join(path, file!)), file!)
      .filter(({ values }) => values.some(({ tag }) => tag === "update_ratio/0.weight"))
      .map(({ step }) => step);
    expect(steps).toEqual([5, 10]);
    const resumed = await fovea("train", "--resume", path, "--epochs", "2", "--tensorboard", other);
    expect(resumed.code).toBe(0);
    expect(await readdir(other)).toHaveLength(1);
  });

  test("keeps from mixing a run with another", async () => {
    const again = await fovea("train", "--run", run);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain(`fovea train: --run: ${run} holds a run already`);
    const changed = await fovea("train", "--resume", run, "--lr", "1", "--seed", "2");
    expect(changed.code).toBe(2);
    expect(changed.stderr).toContain("--resume takes its settings from the run: leave out --lr and --seed");
  });
});

describe("eval", () => {
  test("judges a run as the training did", async () => {
    const [, share] = /^Test accuracy ([\d.]+)%/m.exec(trained.stdout)!;
    const { code, stdout } = await fovea("eval", run, "--json");
    expect(code).toBe(0);
    const { accuracy, top3, samples, confusion, classes } = JSON.parse(stdout);
    expect((100 * accuracy).toFixed(2)).toBe(share);
    expect(top3).toBeGreaterThanOrEqual(accuracy);
    expect(samples).toBe(100);
    expect(confusion.flat().reduce((a: number, b: number) => a + b, 0)).toBe(100);
    expect(classes).toHaveLength(10);
  });

  test("shows precision and recall of each class", async () => {
    const { code, stdout } = await fovea("eval", run, "--test-limit", "50");
    expect(code).toBe(0);
    expect(stdout).toContain(`${run} on 50 images of digits`);
    expect(stdout).toMatch(/^class +precision +recall +F1$/m);
  });

  type Damage = (path: string) => Promise<unknown>;
  const damages: readonly (readonly [string, Damage])[] = [
    ["config.json: does not exist", (path) => rm(join(path, "config.json"))],
    ["config.json: is no JSON", (path) => truncate(join(path, "config.json"), 40)],
    [
      "config.json: settings is no",
      (path) => writeFile(join(path, "config.json"), '{"format":"fovea-run-1"}'),
    ],
    ["checkpoint.safetensors: does not exist", (path) => rm(join(path, "checkpoint.safetensors"))],
    ["checkpoint.safetensors: ", (path) => truncate(join(path, "checkpoint.safetensors"), 5000)],
    ["checkpoint.safetensors: ", (path) => truncate(join(path, "checkpoint.safetensors"), 0)],
    [
      "checkpoint.safetensors: loadStateDict: ",
      async (path) => {
        const file = join(path, "config.json");
        await writeFile(file, (await readFile(file, "utf8")).replace("lenet5", "mlp"));
      },
    ],
  ];
  test.each(damages)("names the broken file of a run: %s", async (message, damage) => {
    const damaged = join(folder, "damaged");
    await cp(run, damaged, { recursive: true });
    await damage(damaged);
    const { code, stdout, stderr } = await fovea("eval", damaged);
    await rm(damaged, { recursive: true });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`fovea eval: ${damaged}/${message}`);
    expect(stderr).not.toContain("    at ");
  });
});
