import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import "../index.ts";
import { decodeImage } from "../io/decode-image.ts";
import { runProgram } from "./program.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-equivariance-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = new RecordedTerminal();
  const code = await runProgram(["equivariance", ...args, "--threads", "1"], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

describe("fovea equivariance", () => {
  test("shows errors beside what theory says", async () => {
    const { code, stdout } = await run("lenet5", "--shift", "2,0", "--images", "digits", "--count", "3");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^lenet5 under shift \(2, 0\), 3 digits$/m);
    expect(stdout).toMatch(/^0 +Conv2d +\[6, 28, 28\] +\S+ +0 +79% +exact, but for the border$/m);
    expect(stdout).toMatch(/^5 +MaxPool2d +\[16, 5, 5\] +\S+ +\S+ +40% +only for shifts divisible by 4$/m);
    expect(stdout).toMatch(/^11 +Linear +\[10\] +\S+ +no law is known: in 6, reshape joins the 5 positions/m);
    expect(stdout).toMatch(/^The output: .* = 0\.\d+; its largest element stays for \d+% of the images\.$/m);
  });

  test("JSON has all numbers and no maps", async () => {
    const { stdout } = await run(
      "lenet5",
      "--transform",
      "square",
      "--layer",
      "2,11",
      "--count",
      "1",
      "--json",
    );
    const { model, images, transformations } = JSON.parse(stdout);
    expect([model, images, transformations.length]).toEqual(["lenet5", "1 smooth random field", 7]);
    const [pooling] = transformations[4].layers;
    expect(transformations[4].transformation.element).toEqual({ rotation: 1, reflected: true });
    expect(pooling).toMatchObject({ name: "2", shape: [6, 14, 14], law: "equivariance", interiorShare: 1 });
    expect(pooling.verdict.text).toBe("no law is known: in 0, its 5×5 filters are not symmetric");
    expect(pooling.errorMap).toBeUndefined();
  });

  test("draws maps, and curves over shifts and angles", async () => {
    const [png, svg] = [join(folder, "maps.png"), join(folder, "curve.svg")];
    const maps = await run("lenet5", "--count", "1", "--layer", "0,2,3", "--out", png);
    expect(maps.stdout).toContain("3 maps in reading order: 0, 2, 3");
    const { width, height } = await decodeImage(await readFile(png), png);
    expect([width, height]).toEqual([3 * 118 + 6, 124]);
    await run("lenet5", "--count", "1", "--layer", "0", "--shift", "0,1", "--most", "3", "--out", svg);
    expect(await readFile(svg, "utf8")).toContain("pixels");
    await run(
      "lenet5",
      "--count",
      "1",
      "--layer",
      "0",
      "--transform",
      "rotate",
      "--most",
      "45",
      "--out",
      svg,
    );
    expect(await readFile(svg, "utf8")).toContain("degrees");
  });

  test.each([
    [["lenet5", "--layer", "conv1"], 'there is no layer "conv1" that the network calls'],
    [["lenet5", "--out", "maps.jpg"], "--out must end in .png or .svg"],
    [["lenet5", "--transform", "reflect", "--circular"], "--circular is for --transform shift"],
    [["lenet5", "--angle", "3"], "--angle is for --transform rotate and rotate90"],
    [["lenet5", "--transform", "rotate90", "--angle", "45"], "--angle must be a multiple of 90"],
    [["lenet5", "--transform", "reflect", "--out", "curve.svg"], "a curve (.svg) is over shifts or angles"],
    [["lenet5", "--most", "3"], "--most is for the curve of --out FILE.svg"],
    [
      ["resnet18", "--images", "digits"],
      "--images digits are [1, 28, 28], but the network takes [3, 224, 224]",
    ],
    [
      ["alexnet", "--transform", "rotate90", "--input", "3,64,96"],
      "the grid cannot carry it: a quarter turn takes 64×96 positions to 96×64",
    ],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test("names a file that is no image", async () => {
    const file = join(folder, "no.png");
    await writeFile(file, "nothing");
    const { code, stderr } = await run("lenet5", file);
    expect(code).toBe(1);
    expect(stderr).toContain("no.png");
    expect((await run("lenet5", file, "--count", "3")).stderr).toContain(
      "--count is for images that are made",
    );
  });
});
