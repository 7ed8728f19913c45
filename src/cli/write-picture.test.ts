import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { requirePictureName, writePicture } from "./write-picture.ts";

test("a picture is written in the form that its name asks for, and in no other", async () => {
  const folder = await mkdtemp(join(tmpdir(), "fovea-picture-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "a.SVG");
  const png = async (): Promise<Uint8Array> => Uint8Array.of(1, 2);
  await writePicture(file, { svg: () => "<svg/>", png });
  expect(await readFile(file, "utf8")).toBe("<svg/>");
  await writePicture(join(folder, "b.png"), { svg: () => "<svg/>", png });
  expect([...(await readFile(join(folder, "b.png")))]).toEqual([1, 2]);
  await expect(writePicture(join(folder, "c.png"), { svg: () => "" })).rejects.toThrow(
    "--out must end in .svg",
  );
  expect(() => requirePictureName("c.gif", ["svg", "png"])).toThrow('.svg or .png, but is "c.gif"');
});
