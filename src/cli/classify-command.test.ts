import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jpegVectors } from "../../test/jpeg-vectors.ts";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import { digits } from "../data/digits.ts";
import { drawDigit } from "../data/draw-digit.ts";
import { normalizeBytes } from "../data/preprocess.ts";
import "../index.ts";
import { encodeNetpbm } from "../io/netpbm.ts";
import { encodePng } from "../io/png-encode.ts";
import { serializeSafetensors } from "../io/safetensors.ts";
import { createModel } from "../models/create-model.ts";
import { Classifier } from "./classifier.ts";
import { runProgram } from "./program.ts";
import { loadTrained, openRun } from "./saved-run.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function fovea(...args: string[]): Promise<Outcome> {
  const terminal = new RecordedTerminal();
  const code = await runProgram(args, terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

let folder: string;
let run: string;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-classify-"));
  run = file("run");
  const tiny = ["--limit", "320", "--test-limit", "100", "--batch-size", "32", "--threads", "1"];
  expect((await fovea("train", "--epochs", "1", "--run", run, ...tiny)).code).toBe(0);

  const small = drawDigit({ digit: 7, index: 1 });
  const large = drawDigit({ digit: 7, index: 1, size: 120, noise: 0 });
  const inverted = Uint8Array.from({ length: 3 * 120 ** 2 }, (_, i) => 255 - large[Math.floor(i / 3)]!);
  const digit = encodeNetpbm({ width: 28, height: 28, channels: 1, data: small });
  const files = {
    "small.pgm": digit,
    "large.png": await encodePng({ width: 120, height: 120, channels: 3, data: inverted }),
    "photo.jpg": Buffer.from(jpegVectors[0]!.base64, "base64"),
    "empty.png": await encodePng({ width: 30, height: 30, channels: 1, data: new Uint8Array(900) }),
    "broken.png": (await encodePng({ width: 28, height: 28, channels: 1, data: small })).slice(0, 90),
    "other.txt": "not an image",
    "folder/a, b.pgm": digit,
    "folder/inner/c.PGM": digit,
    "folder/notes.txt": "",
    "no-images/notes.txt": "",
    "names.txt": "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n",
    "few.txt": "zero\none\n",
    "gap.txt": "zero\n\ntwo\n",
  };
  await mkdir(file("folder/inner"), { recursive: true });
  await mkdir(file("no-images"));
  for (const [name, bytes] of Object.entries(files)) await writeFile(file(name), bytes);
});
afterAll(() => rm(folder, { recursive: true }));

const classify = (names: readonly string[], ...args: string[]): Promise<Outcome> =>
  fovea("classify", ...names.map(file), "--model", run, ...args);
const records = ({ stdout }: Outcome) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("classify", () => {
  test("names the classes of images of any size, colour and format", async () => {
    const outcome = await classify(["small.pgm", "large.png", "photo.jpg"], "--top", "2", "--json");
    expect([outcome.code, outcome.stderr]).toEqual([0, ""]);
    expect(records(outcome).map((each) => [each.file, each.model])).toEqual(
      ["small.pgm", "large.png", "photo.jpg"].map((name) => [file(name), run]),
    );
    for (const { top } of records(outcome)) {
      expect(top).toHaveLength(2);
      expect(top[0].class).toBe(String(top[0].index));
      expect(top[0].probability).toBeGreaterThanOrEqual(top[1].probability);
    }
  });

  test("gives the same whatever the batch", async () => {
    const names = ["small.pgm", "large.png", "photo.jpg", "small.pgm", "large.png"];
    const [alone, two, all] = await Promise.all(
      ["1", "2", "16"].map(async (batch) => records(await classify(names, "--batch", batch, "--json"))),
    );
    expect(alone).toHaveLength(5);
    for (const some of [two!, all!]) {
      some.forEach(({ top, ...rest }, i) => {
        const { top: expected, ...others } = alone![i];
        expect(rest).toEqual(others);
        expect(top.map(({ index }: { index: number }) => index)).toEqual(
          expected.map(({ index }: { index: number }) => index),
        );
        expect(top[0].probability).toBeCloseTo(expected[0].probability, 5);
      });
    }
  });

  test("shows one digit as the network sees it, and a table for each of several", async () => {
    const one = await classify(["large.png"]);
    expect(one.code).toBe(0);
    expect(one.stdout).toMatch(/[#%@]{2}/);
    expect(one.stdout).toMatch(/^\d +[\d.]+% {2}[█░]+$/m);
    const { stdout } = await classify(["large.png", "small.pgm"], "--top", "3");
    const line = "\\d +[\\d.]+% {2}[█░]{30}\n";
    expect(stdout).toMatch(
      new RegExp(`^${file("large.png")}\n(${line}){3}\n${file("small.pgm")}\n(${line}){3}$`),
    );
  });

  test("takes a folder for the images in it, and prints a table in CSV", async () => {
    const { code, stdout, stderr } = await classify(["folder", "small.pgm"], "--top", "2");
    expect([code, stderr]).toEqual([0, ""]);
    const [head, ...rows] = stdout.trimEnd().split("\n");
    expect(head).toBe("file,class 1,probability 1,class 2,probability 2");
    expect(rows.map((row) => row.replace(/,\d,[\d.e-]+,\d,[\d.e-]+$/, ""))).toEqual([
      `"${file("folder/a, b.pgm")}"`,
      file("folder/inner/c.PGM"),
      file("small.pgm"),
    ]);
    const empty = await classify(["no-images"]);
    expect([empty.code, empty.stdout]).toEqual([1, ""]);
    expect(empty.stderr).toContain(`${file("no-images")}: has no images: JPEG, PNG, PGM or PPM`);
  });

  test("names classes as a file says", async () => {
    const { stdout } = await classify(["small.pgm"], "--labels", file("names.txt"), "--top", "99");
    expect(stdout).toMatch(/^seven +[\d.]+%/m);
    expect(stdout.match(/%/g)!.length).toBeGreaterThanOrEqual(10);
    const few = await classify(["small.pgm"], "--labels", file("few.txt"));
    expect([few.code, few.stdout]).toEqual([2, ""]);
    expect(few.stderr).toContain(`--labels: ${file("few.txt")} has 2 names for 10 classes`);
    const thousand = await classify(["small.pgm"], "--labels", "imagenet");
    expect(thousand.stderr).toContain("--labels: imagenet has 1000 names for 10 classes");
    const gap = await classify(["small.pgm"], "--labels", file("gap.txt"));
    expect([gap.code, gap.stderr]).toEqual([1, `fovea classify: ${file("gap.txt")}: line 2 has no name\n`]);
  });

  test("goes on after broken files, and fails at the end", async () => {
    const names = ["broken.png", "missing.jpg", "empty.png", "other.txt", "small.pgm"];
    const { code, stdout, stderr } = await classify(names);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^.*small\.pgm(\n\d +[\d.]+%.*){5}\n$/);
    expect(stderr).toMatch(/broken\.png: /);
    expect(stderr).toMatch(/missing\.jpg: does not exist/);
    expect(stderr).toMatch(/empty\.png: the image shows nothing/);
    expect(stderr).toMatch(/other\.txt: unknown image format/);
    const outcome = await classify(names, "--json");
    expect(outcome.code).toBe(1);
    expect(records(outcome).map((each) => "error" in each)).toEqual([true, true, true, true, false]);
  });

  test("takes published weights with their preparation and the names of their classes", async () => {
    const directory = file("published");
    await mkdir(directory);
    const state = await createModel("lenet5", { numClasses: 3 }).stateDict();
    await writeFile(join(directory, "model.safetensors"), serializeSafetensors(state));
    const config = {
      architecture: "lenet5",
      num_classes: 3,
      label_names: ["cat", "dog", "emu"],
      pretrained_cfg: {
        input_size: [1, 28, 28],
        mean: [0.5],
        std: [0.25],
        crop_pct: 1,
        interpolation: "bilinear",
      },
    };
    await writeFile(join(directory, "config.json"), JSON.stringify(config));
    const args = [file("small.pgm"), file("photo.jpg"), "--model", directory];
    const outcome = await fovea("classify", ...args, "--json");
    expect([outcome.code, outcome.stderr]).toEqual([0, ""]);
    for (const { top } of records(outcome)) {
      expect(top.map((each: { class: string }) => each.class).sort()).toEqual(["cat", "dog", "emu"]);
    }
    await rename(join(directory, "model.safetensors"), join(directory, "part.safetensors"));
    const index = JSON.stringify({ weight_map: { "0.weight": "part.safetensors" } });
    await writeFile(join(directory, "model.safetensors.index.json"), index);
    expect(records(await fovea("classify", ...args, "--json"))).toEqual(records(outcome));
    const other = await fovea("classify", ...args, "--json", "--mean", "0");
    expect(records(other)[0].top[0].probability).not.toBe(records(outcome)[0].top[0].probability);
  });

  test("takes a file of weights alone where the network is told", async () => {
    const weights = file("weights.safetensors");
    await writeFile(weights, serializeSafetensors(await createModel("lenet5").stateDict()));
    const refused = await fovea("classify", file("small.pgm"), "--model", weights);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toContain("does not say which network it is for: give the option architecture");
    const told = await fovea("classify", file("small.pgm"), "--model", weights, "--architecture", "lenet5");
    expect([told.code, told.stderr]).toEqual([0, ""]);
    expect(told.stdout).toMatch(/^class \d +[\d.]+%/m);
  });

  test("takes an ONNX file, with what fovea export wrote about it", async () => {
    const onnx = file("run.onnx");
    expect((await fovea("export", run, "--onnx", onnx)).code).toBe(0);
    const [whole] = records(await fovea("classify", file("small.pgm"), "--model", onnx, "--json"));
    expect(whole.top.map((each: { class: string }) => each.class)).toHaveLength(5);
    // An image of the network's own size and means is what its run would have been given in training.
    const model = await loadTrained(await openRun(run));
    const { normalization } = digits({ seed: 0, length: 1 });
    const bytes = drawDigit({ digit: 7, index: 1 });
    const [expected] = await new Classifier(model).rank(normalizeBytes(bytes, normalization), [1, 1, 28, 28]);
    expect(whole.top[0].index).toBe(expected![0]!.index);
    expect(whole.top[0].probability).toBeCloseTo(expected![0]!.probability, 5);
    const other = await fovea("classify", file("small.pgm"), "--model", onnx, "--json", "--mean", "0.5");
    expect(records(other)[0].top[0].probability).not.toBeCloseTo(expected![0]!.probability, 5);
  });

  test.each([
    [["--model", "lenet"], '--model: there is no run and no network "lenet"; did you mean lenet5?'],
    [["--model", "runs/none"], '--model: there is no run and no network "runs/none"'],
    [["--model", "lenet5"], "--model lenet5 has no published weights: name a run"],
    [["--mean", "1,x"], '--mean must be numbers with commas between, but is "1,x"'],
    [["--std", "0"], "--std must be numbers with commas between"],
    [["--crop", "centre"], '--crop must be center, squash or border, but is "centre"; did you mean center?'],
  ])("%j is bad use", async (args, message) => {
    const { code, stdout, stderr } = await fovea("classify", file("small.pgm"), ...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  test("leaves the preparation of digits as it is", async () => {
    const { code, stderr } = await classify(["small.pgm"], "--resize", "32");
    expect(code).toBe(2);
    expect(stderr).toContain("--resize: the run's images are prepared as digits are");
  });
});
