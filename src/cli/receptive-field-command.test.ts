import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordedTerminal } from "../../test/recorded-terminal.ts";
import "../index.ts";
import { decodeImage } from "../io/decode-image.ts";
import { encodePng } from "../io/png-encode.ts";
import { runProgram } from "./program.ts";

async function fields(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = new RecordedTerminal();
  const code = await runProgram(["receptive-field", ...args], terminal);
  return { code, stdout: terminal.stdout, stderr: terminal.stderr };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-fields-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("by theory", () => {
  test("shows every layer, or one, and draws how the sizes grow", async () => {
    const path = join(folder, "sizes.svg");
    const { code, stdout } = await fields("resnet18", "--out", path);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^layer4 +Sequential +\[512, 7, 7\] +435 +32 +217 +11 +435 +435$/m);
    expect(stdout).toMatch(/^\(output\) +ResNet +\[1000\] +all +-- /m);
    expect(await readFile(path, "utf8")).toMatch(/^<svg[\s\S]*Receptive fields of resnet18/);
    const one = await fields("resnet18", "--layer", "maxpool", "--json");
    const { layers } = JSON.parse(one.stdout);
    expect(layers).toMatchObject([
      { name: "maxpool", axes: [{ size: 11, stride: 4, pad: 5 }, { size: 11 }] },
    ]);
    const line = await fields("wavenet", "--layer", "");
    expect(line.stderr).toContain("--layer must not be empty");
  });
});

describe("in effect", () => {
  test("measures one place and draws it", async () => {
    const path = join(folder, "field.png");
    const { code, stdout } = await fields(
      "lenet5",
      "--effective",
      "--layer",
      "3",
      "--count",
      "2",
      "--out",
      path,
    );
    expect(code).toBe(0);
    expect(stdout).toContain("lenet5 on inputs of [1, 28, 28]: layer 3, place 5, 5");
    expect(stdout).toMatch(/^theoretical size +14$/m);
    expect(stdout).toMatch(/^pixels in it +8 to 21, 8 to 21$/m);
    expect(stdout).toMatch(/^greatest outside +0$/m);
    const picture = await decodeImage(await readFile(path), path);
    expect([picture.width, picture.height]).toEqual([448, 448]);
  });

  test("takes images and other places", async () => {
    const image = join(folder, "a.png");
    const data = Uint8Array.from({ length: 28 * 28 }, (_, i) => (i * 37) % 256);
    await writeFile(image, await encodePng({ width: 28, height: 28, channels: 1, data }));
    const { stdout } = await fields(
      "lenet5",
      image,
      "--effective",
      "--layer",
      "0",
      "--unit",
      "0,27",
      "--json",
    );
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ unit: [0, 27], images: 1, cut: true, outside: 0, layer: { name: "0" } });
    expect(found.theoretical).toEqual([
      [0, 2],
      [25, 27],
    ]);
    expect(found.values).toHaveLength(28 * 28);
  });
});

test.each([
  [["lenet5", "--layer", "seven"], 1, 'there is no layer "seven" that the network calls'],
  [["resnet18", "--layer", "layr4"], 1, "did you mean layer4?"],
  [["lenet5", "--unit", "1,1"], 2, "--unit is for --effective"],
  [["lenet5", "a.png"], 2, "images are for --effective"],
  [["lenet5", "--out", "a.png"], 2, '--out must end in .svg, but is "a.png"'],
  [["lenet5", "--effective", "--out", "a.svg"], 2, '--out must end in .png, but is "a.svg"'],
  [["lenet5", "--effective", "--unit", "9,9"], 1, 'there is no element [9, 9] in the 5×5 of the layer "5"'],
  [["nowhere.onnx"], 1, "nowhere.onnx"],
  [["lenet6"], 2, 'there is no run and no network "lenet6"; did you mean lenet5?'],
])("%j is refused", async (args, expected, message) => {
  const { code, stdout, stderr } = await fields(...args);
  expect([code, stdout]).toEqual([expected, ""]);
  expect(stderr).toContain(message);
});
