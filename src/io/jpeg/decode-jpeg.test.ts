import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { jpegVectors } from "../../../test/jpeg-vectors.ts";
import { photographHashes } from "../../../test/photograph-hashes.ts";
import { FileError } from "../../core/errors.ts";
import { decodeJpeg } from "./decode-jpeg.ts";

const hash = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex").slice(0, 32);
const bytesOf = (name: string): Uint8Array => {
  const { base64 } = jpegVectors.find((each) => each.name === name)!;
  return new Uint8Array(Buffer.from(base64, "base64"));
};

describe("decodeJpeg gives every sample as libjpeg-turbo does", () => {
  test.each(jpegVectors)("$name", ({ base64, size, sha256 }) => {
    const { width, height, channels, data } = decodeJpeg(Buffer.from(base64, "base64"), "x.jpg");
    expect([width, height, channels]).toEqual(size);
    expect(data).toHaveLength(width * height * channels);
    expect(hash(data)).toBe(sha256);
  });

  const folder = join(process.env["FOVEA_SHARED"] ?? "../shared", "data/imagenet/images");
  const present = existsSync(folder);
  test.skipIf(!present)(`50 photographs${present ? "" : `, skipped without ${folder}`}`, () => {
    const files = readdirSync(folder)
      .filter((file) => file.slice(0, file.indexOf("_")) in photographHashes)
      .sort();
    const found = files.map((file) => [
      file.slice(0, file.indexOf("_")),
      hash(decodeJpeg(readFileSync(join(folder, file)), file).data),
    ]);
    expect(found).toHaveLength(50);
    expect(Object.fromEntries(found)).toEqual(photographHashes);
  });
});

it("leaves an image as it is stored where that is wanted", () => {
  const { width, height } = decodeJpeg(bytesOf("Exif orientation 6"), "x.jpg", { upright: false });
  expect([width, height]).toEqual([12, 9]);
});

it("needs nothing behind the only scan, not even the marker of the image's end", () => {
  const bytes = bytesOf("4:2:0");
  const image = decodeJpeg(bytes, "x.jpg");
  expect(decodeJpeg(bytes.subarray(0, -2), "x.jpg")).toEqual(image);
  const longer = new Uint8Array(bytes.length + 9);
  longer.set(bytes);
  expect(decodeJpeg(longer, "x.jpg")).toEqual(image);
});

describe("decodeJpeg refuses", () => {
  const sound = bytesOf("4:2:0");
  /** Where a marker of the sound file begins. */
  const at = (marker: number): number =>
    sound.findIndex((byte, i) => byte === 0xff && sound[i + 1] === marker);
  const changed = (marker: number, offset: number, ...values: number[]): Uint8Array => {
    const bytes = sound.slice();
    bytes.set(values, at(marker) + offset);
    return bytes;
  };
  const without = (marker: number): Uint8Array => {
    const start = at(marker);
    const length = 2 + ((sound[start + 2]! << 8) | sound[start + 3]!);
    return Buffer.concat([sound.subarray(0, start), sound.subarray(start + length)]);
  };

  test.each<[string, Uint8Array, string]>([
    ["what is no JPEG", Uint8Array.of(1, 2, 3), "is no JPEG image (at byte 0)"],
    ["an empty image", Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), "the image ends without a frame header"],
    ["a cut-off scan", sound.subarray(0, -20), "the file ends before the data of all blocks"],
    ["a cut-off header", sound.subarray(0, 30), "the file ends within a segment"],
    ["lossless coding", changed(0xc0, 1, 0xc3), "the frame header: lossless coding is not supported"],
    ["arithmetic coding", changed(0xc0, 1, 0xc9), "arithmetic coding is not supported"],
    ["12 bits a sample", changed(0xc0, 4, 12), "samples of 12 bits are not supported, only of 8"],
    ["no rows", changed(0xc0, 5, 0, 0), "a height that is told after the picture is not supported"],
    ["two components", changed(0xc0, 9, 2), "has 9 bytes for 2 components"],
    ["sampling factors of 0", changed(0xc0, 11, 0x02), "component 1 has sampling factors 0 and 2"],
    ["fractions of samples", changed(0xc0, 11, 0x32, 0, 2, 0x21), "do not divide the largest"],
    ["a picture without a scan", changed(0xda, 1, 0xd9), "the image ends without a scan of component 1"],
    ["a missing quantization table", without(0xdb), "quantization table 0 of component 1 is missing"],
    ["a missing Huffman table", without(0xc4), "the scan header: Huffman table DC 0 is missing"],
    [
      "a table of too many codes",
      changed(0xc4, 5, 3, ...new Array(15).fill(0)),
      "Huffman table DC 0 has more codes than there can be",
    ],
    [
      "a picture over the limit",
      changed(0xc0, 5, 0xff, 0xff, 0xff, 0xff),
      "an image of 65535 × 65535 × 3 samples is over the limit of 268435456",
    ],
    [
      "a picture that its bytes cannot hold",
      changed(0xc0, 5, 0x20, 0, 0x20, 0),
      "8192 × 8192 pixels take at least 393216 bytes",
    ],
  ])("%s", (_, bytes, message) => {
    const decode = () => decodeJpeg(bytes, "x.jpg");
    expect(decode).toThrow(FileError);
    expect(decode).toThrow("x.jpg: ");
    expect(decode).toThrow(message);
  });
});
