import { describe, expect, it } from "vitest";
import { jpegVectors } from "../../test/jpeg-vectors.ts";
import { FileError } from "../core/errors.ts";
import { decodeImage } from "./decode-image.ts";
import { type Image, toGray } from "./image.ts";
import { encodeNetpbm } from "./netpbm.ts";
import { encodePng } from "./png-encode.ts";

describe("toGray", () => {
  const one = (channels: Image["channels"], ...data: number[]): number =>
    toGray({ width: 1, height: 1, channels, data: Uint8Array.from(data) }).data[0]!;

  it("weighs red, green and blue by BT.601", () => {
    expect(one(3, 255, 0, 0)).toBe(Math.round(0.299 * 255));
    expect(one(3, 0, 255, 0)).toBe(Math.round(0.587 * 255));
    expect(one(3, 0, 0, 255)).toBe(Math.round(0.114 * 255));
    for (let level = 0; level < 256; level++) expect(one(3, level, level, level)).toBe(level);
  });

  it("composites over white", () => {
    expect(one(4, 0, 0, 0, 0)).toBe(255);
    expect(one(4, 0, 0, 0, 51)).toBe(204);
    expect(one(4, 10, 10, 10, 255)).toBe(10);
    expect(one(2, 100, 255)).toBe(100);
    expect(one(2, 100, 0)).toBe(255);
  });

  it("returns a grey image as it is, and keeps the order of pixels", () => {
    const gray: Image = { width: 1, height: 1, channels: 1, data: Uint8Array.of(4) };
    expect(toGray(gray)).toBe(gray);
    const data = Uint8Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6);
    expect(toGray({ width: 3, height: 2, channels: 3, data })).toEqual({
      width: 3,
      height: 2,
      channels: 1,
      data: Uint8Array.of(1, 2, 3, 4, 5, 6),
    });
  });
});

describe("decodeImage", () => {
  const image: Image = { width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };

  it("knows JPEG, PNG and netpbm by their first bytes", async () => {
    const { base64, size } = jpegVectors[0]!;
    const jpeg = await decodeImage(Buffer.from(base64, "base64"), "a");
    expect([jpeg.width, jpeg.height, jpeg.channels]).toEqual(size);
    expect(await decodeImage(await encodePng(image), "a")).toEqual(image);
    expect(await decodeImage(encodeNetpbm(image), "a")).toEqual(image);
  });

  it.each([
    ["GIF", [..."GIF89a"].map((c) => c.charCodeAt(0))],
    ["WebP", [..."RIFF    WEBP"].map((c) => c.charCodeAt(0))],
    ["PBM", [0x50, 0x34, 0x0a]],
  ])("says that %s is not supported", async (name, magic) => {
    await expect(decodeImage(Uint8Array.from(magic), "x.img")).rejects.toThrow(
      `x.img: ${name} is not supported here: convert the image to JPEG or PNG`,
    );
  });

  it.each([[[]], [[0x50]], [[0x89, 0x50]], [[1, 2, 3]]])("does not know %j", async (magic) => {
    const error = await decodeImage(Uint8Array.from(magic), "x").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({ file: "x", offset: 0 });
  });
});
