import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PatternName, writePatterns } from "../../test/pattern-photographs.ts";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import "../index.ts";
import { parseSafetensors, serializeSafetensors } from "../io/safetensors.ts";
import { type Checkpoint, parseCheckpoint } from "../train/checkpoint.ts";
import { batchNormEpsOf, makePretrained } from "./pretrained.ts";
import { runProgram } from "./program.ts";
import { makeModel, openRun } from "./saved-run.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program in this process; `onLine` sees each line when it comes. */
async function fovea(args: readonly string[], onLine?: (line: string) => void): Promise<Outcome> {
  const terminal = new RecordedTerminal();
  const write = terminal.write.bind(terminal);
  terminal.write = (text) => {
    write(text);
    onLine?.(text);
  };
  const code = await runProgram([...args], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

let folder: string;
const at = (name: string): string => join(folder, name);
const common = ["--model", "batch-norm-net", "--batch-size", "16", "--threads", "1", "--json"];
const source = [...common, "--optimizer", "adam", "--lr", "0.01", "--image-size", "16"];

const before: readonly PatternName[] = ["rows", "columns", "disc", "board"];
const after: readonly PatternName[] = ["frame", "ring", "rows"];

let pretrained: Outcome;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-photographs-"));
  await writePatterns(at("before/train"), before, 24, 1);
  await writePatterns(at("before/val"), before, 10, 2);
  await writePatterns(at("after"), after, 25, 3);
  const data = ["--data", at("before"), "--epochs", "8", "--run", at("first")];
  pretrained = await fovea(["train", ...source, ...data, "--augment", "light", "--mixup", "0.1"]);
});
afterAll(() => rm(folder, { recursive: true }));

const accuracyOf = ({ stdout }: Outcome): number => {
  const end = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
  return end.test.accuracy;
};
const checkpointOf = async (run: string): Promise<Checkpoint> => {
  const file = join(at(run), "checkpoint.safetensors");
  return parseCheckpoint(await readFile(file), file);
};

describe("train on photographs", () => {
  test("learns augmented ones, and keeps how they are prepared", async () => {
    expect([pretrained.code, pretrained.stderr]).toEqual([0, ""]);
    expect(accuracyOf(pretrained)).toBeGreaterThan(0.8);
    const { settings, images } = JSON.parse(await readFile(join(at("first"), "config.json"), "utf8"));
    expect(settings).toMatchObject({ augment: "light", mixup: 0.1, imageSize: 16 });
    expect(images).toMatchObject({
      shape: [3, 16, 16],
      classes: [...before].sort(),
      photographs: { resize: 18, interpolation: "bilinear", cropMode: "center" },
    });
  });

  test("so that eval and classify see them alike", async () => {
    const judged = await fovea(["eval", at("first"), "--json"]);
    expect(JSON.parse(judged.stdout).accuracy).toBe(accuracyOf(pretrained));
    const files = [0, 1, 2].flatMap((i) => before.map((name) => at(`before/val/${name}/${i}.png`)));
    const { code, stdout } = await fovea(["classify", ...files, "--model", at("first"), "--json"]);
    expect(code).toBe(0);
    type Record = { readonly file: string; readonly top: readonly { readonly class: string }[] };
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((line): Record => JSON.parse(line));
    const right = records.filter(({ file, top }) => file.includes(`/${top[0]!.class}/`));
    expect(right.length).toBeGreaterThanOrEqual(9);
  });
});

describe("fine-tuning for other classes", () => {
  const tune = (run: string, ...more: string[]): string[] => [
    ...["train", ...common, "--data", at("after"), "--run", at(run)],
    ...["--pretrained", at("first"), "--optimizer", "adam", "--lr", "0.01", ...more],
  ];

  test("of the last layer alone leaves all others as they were, to the bit", async () => {
    const outcome = await fovea(tune("frozen", "--freeze", "--epochs", "6"));
    expect([outcome.code, outcome.stderr]).toEqual([0, ""]);
    expect(accuracyOf(outcome)).toBeGreaterThan(0.7);
    const [first, tuned] = [await checkpointOf("first"), await checkpointOf("frozen")];
    expect(tuned.model.get("13.weight")!.shape).toEqual([3, 64]);
    for (const [name, value] of first.model) {
      if (!name.startsWith("13.")) expect(tuned.model.get(name), name).toEqual(value);
    }
    const { images } = JSON.parse(await readFile(join(at("frozen"), "config.json"), "utf8"));
    expect(images.photographs.resize).toBe(18);
  });

  test("of all layers changes them, and of some epochs at first, only then", async () => {
    const outcome = await fovea(tune("thawed", "--freeze-epochs", "2", "--epochs", "6", "--head-lr", "0.02"));
    expect(outcome.code).toBe(0);
    expect(accuracyOf(outcome)).toBeGreaterThan(0.8);
    const [first, tuned] = [await checkpointOf("first"), await checkpointOf("thawed")];
    for (const name of ["0.weight", "1.running_mean"]) {
      expect(tuned.model.get(name)).not.toEqual(first.model.get(name));
    }
  });

  test("goes on after Ctrl-C to the same bits", async () => {
    const args = ["--freeze-epochs", "1", "--epochs", "2", "--augment", "standard", "--cutmix", "1"];
    await fovea(tune("whole", ...args));
    // The epoch after which the other layers begin to learn.
    const stopped = await fovea(tune("stopped", ...args), (line) => {
      const record = JSON.parse(line);
      if (record.kind === "epoch" && record.epoch === 1) process.emit("SIGINT", "SIGINT");
    });
    expect(stopped.code).toBe(130);
    expect(JSON.parse(stopped.stdout.trimEnd().split("\n").at(-1)!)).toMatchObject({ stopped: "aborted" });
    const resumed = await fovea(["train", "--resume", at("stopped"), "--threads", "1", "--json"]);
    expect([resumed.code, resumed.stderr]).toEqual([0, ""]);
    expect((await checkpointOf("stopped")).model).toEqual((await checkpointOf("whole")).model);
  });

  test("takes a safetensors file, and a checkpoint by its name", async () => {
    const { model } = await checkpointOf("first");
    await writeFile(at("weights.safetensors"), serializeSafetensors([...model]));
    const args = ["--freeze", "--epochs", "1", "--image-size", "16"];
    const ends: Checkpoint[] = [];
    for (const [run, file] of [
      ["of-file", "weights.safetensors"],
      ["of-checkpoint", "first/checkpoint.safetensors"],
    ] as const) {
      const outcome = await fovea(tune(run, ...args, "--pretrained", at(file)));
      expect([outcome.code, outcome.stderr]).toEqual([0, ""]);
      ends.push(await checkpointOf(run));
    }
    expect(ends[0]!.model).toEqual(ends[1]!.model);
    expect(ends[0]!.model.get("0.weight")).toEqual(model.get("0.weight"));
  });

  test("takes a folder as the hub has them, and prepares images as it says", async () => {
    const { model } = await checkpointOf("first");
    await mkdir(at("hub"), { recursive: true });
    await writeFile(at("hub/model.safetensors"), serializeSafetensors([...model]));
    const config = {
      architecture: "batch-norm-net",
      num_classes: 4,
      model_args: { in_chans: 3 },
      pretrained_cfg: { input_size: [3, 16, 16], crop_pct: 0.8, interpolation: "bicubic" },
    };
    await writeFile(at("hub/config.json"), JSON.stringify(config));
    const args = ["--epochs", "1", "--freeze", "--pretrained", at("hub")];
    const outcome = await fovea(tune("of-hub", ...args));
    expect([outcome.code, outcome.stderr]).toEqual([0, ""]);
    expect((await checkpointOf("of-hub")).model.get("0.weight")).toEqual(model.get("0.weight"));
    const { images } = JSON.parse(await readFile(join(at("of-hub"), "config.json"), "utf8"));
    expect(images).toMatchObject({
      shape: [3, 16, 16],
      photographs: { resize: 20, interpolation: "bicubic" },
    });
    const other = await fovea(tune("other-hub", ...args, "--model", "mlp"));
    expect([other.code, other.stdout]).toEqual([2, ""]);
    expect(other.stderr).toContain(`--pretrained ${at("hub")} is for batch-norm-net, but --model is mlp`);
    const none = await fovea(tune("none", "--freeze", "--pretrained"));
    expect([none.code, none.stdout]).toEqual([1, ""]);
    expect(none.stderr).toContain("there are no weights for batch-norm-net");
  });

  test("keeps what their batch normalizations add to the variance", async () => {
    const { settings, images } = await openRun(at("first"));
    expect(batchNormEpsOf(makeModel({ settings, images, batchNormEps: 0.5 }))).toBe(0.5);
    expect(batchNormEpsOf(makeModel({ settings, images }))).toBeUndefined();
    const config = { settings: { ...settings, pretrained: at("eps") }, images };
    await cp(at("first"), at("eps"), { recursive: true });
    const file = join(at("eps"), "config.json");
    const content = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify({ ...content, batchNormEps: 0.25 }));
    expect(batchNormEpsOf(await makePretrained(config))).toBe(0.25);
  });

  test("refuses parameters of another network", async () => {
    const other = await fovea(tune("other", "--model", "mlp"));
    expect([other.code, other.stdout]).toEqual([2, ""]);
    expect(other.stderr).toContain(
      `--pretrained ${at("first")} is a run of batch-norm-net, but --model is mlp`,
    );
    const { tensors } = parseSafetensors(await readFile(at("weights.safetensors")), "weights.safetensors");
    tensors.delete("4.weight");
    await writeFile(at("broken.safetensors"), serializeSafetensors([...tensors]));
    const broken = await fovea(tune("broken", "--pretrained", at("broken.safetensors")));
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain(`${at("broken.safetensors")}: loadStateDict: 1 name does not fit`);
    const missing = await fovea(tune("missing", "--pretrained", at("nowhere")));
    expect([missing.code, missing.stdout]).toEqual([1, ""]);
    expect(missing.stderr).toContain(`${at("nowhere")}: does not exist`);
    const runs = await readdir(folder);
    expect(["other", "broken", "missing"].filter((run) => runs.includes(run))).toEqual([]);
  });
});

describe("folders that are none to train on", () => {
  const attempt = (data: string, ...more: string[]): Promise<Outcome> =>
    fovea(["train", ...source, "--epochs", "1", "--data", at(data), "--run", at(`run-${data}`), ...more]);

  test.each([
    ["nowhere", 2, "there is no folder"],
    ["nothing", 1, "train-images"],
    ["lonely", 2, 'one class ("disc") leaves nothing to tell apart'],
    ["hollow", 1, "hollow/empty: has no images"],
    ["few", 2, "there are too few images to test with"],
  ])("%s", async (name, code, message) => {
    await mkdir(at("nothing"), { recursive: true });
    await writePatterns(at("lonely"), ["disc"], 3);
    await writePatterns(at("hollow"), ["disc"], 3);
    await mkdir(at("hollow/empty"), { recursive: true });
    await writePatterns(at("few"), ["disc", "rows"], 1);
    const outcome = await attempt(name);
    expect([outcome.code, outcome.stdout]).toEqual([code, ""]);
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toContain("    at ");
  });

  test("with a broken file train on the others and name it", async () => {
    await writePatterns(at("damaged"), ["disc", "rows"], 8);
    await writeFile(at("damaged/disc/3.png"), "no image");
    const { code, stderr } = await attempt("damaged");
    expect(code).toBe(0);
    expect(stderr).toContain(`fovea train: left out: ${at("damaged/disc/3.png")}: unknown image format`);
    await writePatterns(at("ruined"), ["disc", "rows"], 4);
    for (let i = 0; i < 4; i++) await writeFile(at(`ruined/disc/${i}.png`), "no image");
    const ruined = await attempt("ruined");
    expect(ruined.code).toBe(1);
    expect(ruined.stderr).toMatch(/^fovea train: \S+ruined\/disc\/\d\.png: unknown image format/m);
  });

  test("have photographs, or --image-size is refused", async () => {
    const { code, stderr } = await fovea(["train", ...common, "--image-size", "16", "--run", at("digits")]);
    expect(code).toBe(2);
    expect(stderr).toContain("--image-size is for photographs, and the images of digits have one size");
  });
});
