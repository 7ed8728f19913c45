import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import "../index.ts";
import { decodeImage } from "../io/decode-image.ts";
import type { Image } from "../io/image.ts";
import { encodePng } from "../io/png-encode.ts";
import { runProgram } from "./program.ts";

let folder: string;
let digit: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-attribute-"));
  digit = join(folder, "digit.png");
  const data = Uint8Array.from({ length: 784 }, (_, i) => (Math.abs((i % 28) - 14) < 3 ? 240 : 10));
  await writeFile(digit, await encodePng({ width: 28, height: 28, channels: 1, data }));
});
afterAll(() => rm(folder, { recursive: true }));

async function fovea(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = new RecordedTerminal();
  const code = await runProgram([...args, ...(args[0] === "filters" ? [] : ["--threads", "1"])], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

const picture = async (path: string): Promise<Image> => decodeImage(await readFile(path), path);

describe("fovea attribute", () => {
  test("tells each method's facts and draws them side by side", async () => {
    const out = join(folder, "panel.png");
    const { code, stdout, stderr } = await fovea(
      ...["attribute", "lenet5", digit, "--method", "all", "--class", "3", "--out", out, "--zoom", "2"],
    );
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^lenet5 on .*digit\.png: class 3, probability [\d.]+%, score -?[\d.]+$/m);
    expect(stdout).toMatch(/^Integrated gradients +[\d.]+ +sum -?[\d.e-]+ of -?[\d.e-]+$/m);
    expect(stdout).toMatch(/^Grad-CAM\+\+ +[\d.]+ +layer 5, 5×5$/m);
    const { width, height } = await picture(out);
    expect([width, height]).toEqual([2 + 5 * (56 + 2), expect.any(Number)]);
  });

  test("judges a map by deletion and insertion; means of several images", async () => {
    const { stdout } = await fovea(
      ...["attribute", "lenet5", digit, digit, "--method", "gradient", "--score"],
    );
    expect(stdout).toMatch(/means over 2 images\n\nmethod +seconds +deletion +insertion\n/);
    expect(stdout).toMatch(/^Gradient +\d\.\d\d +0\.\d{4} +0\.\d{4}$/m);
    expect(stdout).toMatch(/^random order +0\.\d{4} +0\.\d{4}$/m);
  });

  test("prints JSON", async () => {
    const { stdout } = await fovea("attribute", "lenet5", digit, "--json", "--class", "7", "--layer", "3");
    const json = JSON.parse(stdout);
    expect(json).toMatchObject({ model: "lenet5", file: digit, class: 7, height: 28, width: 28 });
    expect(json.methods[0]).toMatchObject({ method: "grad-cam", layer: "3", signed: false });
    expect(json.methods[0].values).toHaveLength(784);
  });

  test("compares maps with those of random weights", async () => {
    const { stdout } = await fovea("attribute", "lenet5", digit, "--sanity", "--method", "gradient");
    expect(stdout).toMatch(/^random from the output to +gradient\n11\.weight +-?\d\.\d\d \/ -?\d\.\d\d$/m);
    const json = JSON.parse(
      (await fovea("attribute", "lenet5", digit, "--sanity", "--independent", "--json")).stdout,
    );
    expect(json).toMatchObject({ mode: "independent" });
    expect(json.steps.map(({ layer }: { layer: string }) => layer)).toEqual(
      [11, 9, 7, 3, 0].map((layer) => `${layer}.weight`),
    );
  });

  test.each([
    [2, '--class: there is no class "fiv"; did you mean five?', ["--class", "fiv", "--labels", "LABELS"]],
    [2, "the network has no names for its classes (--labels gives them)", ["--class", "five"]],
    [1, "there is no class 10: the network has 10, from 0 to 9", ["--class", "10"]],
    [1, 'there is no layer "33" that the network calls', ["--layer", "33"]],
    [1, 'the layer "11" makes [1, 10], which has no spatial extent', ["--layer", "11"]],
    [2, "--method must be gradient, ", ["--method", "gradcam"]],
    [2, "--out must end in .png", ["--out", "map.jpg"]],
    [2, "--sanity goes without --score", ["--sanity", "--score"]],
    [2, "--independent is for --sanity", ["--independent"]],
  ])("exit code %i: %s", async (expected, message, args) => {
    const labels = join(folder, "labels.txt");
    await writeFile(labels, "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n");
    const given = args.map((each) => (each === "LABELS" ? labels : each));
    const { code, stderr } = await fovea("attribute", "lenet5", digit, ...given);
    expect([code, stderr]).toEqual([expected, expect.stringContaining(message)]);
  });

  test("a file that is no image is named", async () => {
    const broken = join(folder, "broken.png");
    await writeFile(broken, "GIF89a");
    const { code, stderr } = await fovea("attribute", "lenet5", broken);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/broken\.png: GIF is not supported here/)]);
  });
});

describe("fovea features", () => {
  test("lists every layer and writes its maps", async () => {
    const out = join(folder, "maps");
    const { code, stdout } = await fovea("features", "lenet5", digit, "--out", out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^layer +type +maps +mean +std +max +zeros +dead maps\n0 +Conv2d +\[6, 28, 28\] /);
    expect(stdout).toMatch(/^1 +ReLU +\[6, 28, 28\] .* \d+\.\d% *\d*$/m);
    const files = (await readdir(out)).sort();
    expect(files).toHaveLength(12);
    expect(files[3]).toBe("003-3.png");
    for (const file of files) expect((await picture(join(out, file))).width).toBeGreaterThan(20);
  });

  test("one layer as a picture or as JSON", async () => {
    const out = join(folder, "one.png");
    const { stdout } = await fovea(
      ...["features", "lenet5", digit, "--layer", "3", "--out", out, "--zoom", "1", "--json"],
    );
    const json = JSON.parse(stdout);
    expect(json).toMatchObject({ layer: "3", kind: "Conv2d", shape: [16, 10, 10] });
    expect(json.maps).toHaveLength(16);
    expect((await picture(out)).width).toBeLessThan(100);
  });

  test("a picture is of one layer", async () => {
    const { code, stderr } = await fovea("features", "lenet5", digit, "--out", join(folder, "x.png"));
    expect([code, stderr]).toEqual([2, expect.stringContaining("a picture has the maps of one layer")]);
  });
});

describe("fovea filters", () => {
  test("lists convolutions and draws them", async () => {
    const out = join(folder, "filters");
    const { code, stdout } = await fovea("filters", "lenet5", "--out", out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^weight +shape +least norm +median +greatest\n0\.weight +\[6, 1, 5, 5\] /);
    expect(await readdir(out)).toEqual(["000-0.weight.png", "001-3.weight.png"]);
    const { stderr } = await fovea("filters", "lenet5", "--layer", "4");
    expect(stderr).toContain('--layer: there are no filters "4"');
  });
});

describe("fovea maximize", () => {
  test("draws an image for each channel", async () => {
    const out = join(folder, "channels.png");
    const { code, stdout } = await fovea(
      ...[
        "maximize",
        "lenet5",
        "--layer",
        "3",
        "--channel",
        "0,2",
        "--steps",
        "4",
        "--out",
        out,
        "--zoom",
        "2",
      ],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^channel +at first +at last\n +0 +-?[\d.e-]+ +-?[\d.e-]+\n +2 /);
    expect((await picture(out)).width).toBe(2 + 2 * (56 + 2));
  });

  test("says what there is not", async () => {
    const { code, stderr } = await fovea("maximize", "lenet5", "--class", "1;12", "--steps", "1");
    expect([code, stderr]).toEqual([1, expect.stringContaining("there is no class 12")]);
    const both = await fovea("maximize", "lenet5", "--class", "1", "--channel", "2");
    expect([both.code, both.stderr]).toEqual([
      2,
      expect.stringContaining("--class means the network's output"),
    ]);
  });
});
