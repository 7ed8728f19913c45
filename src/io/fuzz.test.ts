import { deflateSync, gzipSync, inflateSync } from "node:zlib";
import { describe } from "vitest";
import { breakBytes, breakText, concat, type Format, testBrokenFiles } from "../../test/broken-files.ts";
import { jpegVectors } from "../../test/jpeg-vectors.ts";
import { gunzip } from "./gunzip.ts";
import { countElements, type HostTensor } from "./host-tensor.ts";
import { parseIdx } from "./idx.ts";
import type { Image } from "./image.ts";
import { decodeJpeg } from "./jpeg/decode-jpeg.ts";
import { decodeNetpbm } from "./netpbm.ts";
import { parseNpy, serializeNpy } from "./npy.ts";
import { parseNpz, serializeNpz } from "./npz.ts";
import { decodePng } from "./png.ts";
import { readPngChunks, writePngChunks } from "./png-chunks.ts";
import { encodePng } from "./png-encode.ts";
import { parseSafetensors, serializeSafetensors } from "./safetensors.ts";
import { readZip } from "./zip.ts";
import { writeZip } from "./zip-write.ts";

const text = (value: string) => new TextEncoder().encode(value);
const float: HostTensor = { dtype: "float32", shape: [2, 3], data: Float32Array.of(1, -2, 3, 4, 0.5, 6) };
const wide: HostTensor = { dtype: "int64", shape: [3], data: BigInt64Array.of(1n, -1n, 2n ** 62n) };
const byte: HostTensor = { dtype: "uint8", shape: [5], data: Uint8Array.of(1, 2, 3, 4, 5) };

// ---- What may come out ----

function checkTensor({ shape, data }: HostTensor): void {
  if (countElements(shape) !== data.length) throw new Error(`${data.length} elements for [${shape}]`);
}

function checkImage({ width, height, channels, data }: Image): void {
  if (data.length !== width * height * channels) throw new Error(`${data.length} samples`);
}

const deflateRatio = 1032;

/** The rows of Adam7's passes for 5 × 5 pixels of 2 bits, each behind the number of its filter. */
const palettePasses = [0, 64, 0, 0, 1, 16, 2, 0, 0, 128, 0, 84, 3, 16, 0, 32, 1, 96, 4, 27, 64, 2, 9, 128];

const formats: Readonly<Record<string, Format>> = {
  idx: {
    sound: async () => [
      Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6),
      Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 2, 0x3f, 0x80, 0, 0, 0, 0, 0, 0),
    ],
    parse: async (bytes) => checkTensor(parseIdx(bytes, "fuzz")),
    ratio: 1,
    runs: 4000,
  },
  "idx.gz": {
    sound: async () => [
      gzipSync(Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 50, 0, 0, 0, 4, ...new Array(200).fill(3))),
    ],
    parse: async (bytes) => checkTensor(parseIdx(await gunzip(bytes, "fuzz"), "fuzz/idx")),
    ratio: 2 * deflateRatio,
    runs: 600,
  },
  safetensors: {
    sound: async () => [
      serializeSafetensors(
        [
          ["a.weight", float],
          ["b", wide],
          ["c", byte],
        ],
        { format: "pt" },
      ),
      serializeSafetensors([["x", { dtype: "float64", shape: [], data: Float64Array.of(1) }]]),
      serializeSafetensors([]),
    ],
    parse: async (bytes) => {
      let total = 0;
      for (const tensor of parseSafetensors(bytes, "fuzz").tensors.values()) {
        checkTensor(tensor);
        total += tensor.data.byteLength;
      }
      if (total > bytes.length) throw new Error("tensors overlap");
    },
    ratio: 1,
    runs: 4000,
    breakInside(bytes, draw) {
      const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
      const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
      const broken = text(breakText(header, draw));
      const whole = concat(new Uint8Array(8), broken, bytes.subarray(8 + length));
      new DataView(whole.buffer).setBigUint64(0, BigInt(broken.length), true);
      return whole;
    },
  },
  npy: {
    sound: async () => [
      serializeNpy(float),
      serializeNpy(wide, { byteOrder: "big", version: 3 }),
      serializeNpy(float, { fortranOrder: true, version: 2 }),
    ],
    parse: async (bytes) => checkTensor(parseNpy(bytes, "fuzz")),
    ratio: 2,
    runs: 4000,
    breakInside(bytes, draw) {
      const start = bytes[6] === 1 ? 10 : 12;
      const end = bytes.indexOf(0x0a) + 1;
      const header = new TextDecoder().decode(bytes.subarray(start, end));
      const broken = text(breakText(header, draw));
      const whole = concat(bytes.subarray(0, start), broken, bytes.subarray(end));
      new DataView(whole.buffer).setUint16(8, broken.length, true);
      return whole;
    },
  },
  npz: {
    sound: async () => [
      await serializeNpz(
        [
          ["a", float],
          ["b", byte],
        ],
        { compress: true },
      ),
      await serializeNpz([
        ["a", wide],
        ["b", float],
      ]),
    ],
    parse: async (bytes) => {
      for (const tensor of (await parseNpz(bytes, "fuzz")).values()) checkTensor(tensor);
    },
    ratio: 3 * deflateRatio,
    runs: 1500,
    async breakInside(bytes, draw) {
      const files: [string, Uint8Array][] = [];
      for (const entry of readZip(bytes, "sound"))
        files.push([entry.name, breakBytes(await entry.read(), draw)]);
      return writeZip(files, draw.bool());
    },
  },
  png: {
    sound: async () => [
      await encodePng({
        width: 4,
        height: 3,
        channels: 3,
        data: Uint8Array.from({ length: 36 }, (_, i) => 7 * i),
      }),
      writePngChunks([
        ["IHDR", Uint8Array.of(0, 0, 0, 5, 0, 0, 0, 5, 2, 3, 0, 0, 1)],
        ["PLTE", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)],
        ["tRNS", Uint8Array.of(0, 128)],
        ["IDAT", deflateSync(Uint8Array.from(palettePasses))],
        ["IEND", new Uint8Array(0)],
      ]),
    ],
    parse: async (bytes) => checkImage(await decodePng(bytes, "fuzz")),
    // One bit of a palette image becomes four bytes.
    ratio: deflateRatio * (1 + 8 * 4),
    runs: 2500,
    breakInside(bytes, draw) {
      const chunks = readPngChunks(bytes, "sound");
      const at = draw.int(0, chunks.length - 1);
      const to = draw.int(0, chunks.length - 1);
      const chunk = chunks[at]!;
      const action = draw.int(0, 4);
      if (action === 0) [chunks[at], chunks[to]] = [chunks[to]!, chunk];
      else if (action === 1) chunks.splice(at, 1);
      else if (action === 2) chunks.splice(to, 0, chunk);
      else if (action === 3) chunks[at] = { ...chunk, data: breakBytes(chunk.data, draw) };
      else {
        const data = chunks.findIndex(({ type }) => type === "IDAT");
        const raw = breakBytes(inflateSync(chunks[data]!.data), draw);
        chunks[data] = { ...chunks[data]!, data: deflateSync(raw) };
      }
      return writePngChunks(chunks.map(({ type, data }) => [type, data]));
    },
  },
  jpeg: {
    sound: async () =>
      jpegVectors
        .filter(({ name }) => !name.startsWith("Exif") || name.endsWith("6"))
        .map(({ base64 }) => new Uint8Array(Buffer.from(base64, "base64"))),
    parse: async (bytes) => checkImage(decodeJpeg(bytes, "fuzz")),
    // A bit of a progressive picture may stand for a block: 64 coefficients of two bytes, and 64 samples of each
    // component at most four times as they are stored, as they are shown and as they are turned.
    ratio: 8 * 64 * (2 + 1 + 3 + 3),
    runs: 4000,
    needless: 2,
  },
  netpbm: {
    sound: async () => [
      text("P2\n# grey\n3 2\n15\n0 1 2\n3 4 15\n"),
      text("P3 1 2 255 1 2 3 4 5 6"),
      concat(text("P5\n3 2 255\n"), Uint8Array.of(1, 2, 3, 4, 5, 6)),
      concat(text("P6 1 1 65535\n"), Uint8Array.of(1, 2, 3, 4, 5, 6)),
    ],
    parse: async (bytes) => checkImage(decodeNetpbm(bytes, "fuzz")),
    ratio: 1,
    runs: 4000,
    needless: Number.POSITIVE_INFINITY,
    breakInside: (bytes, draw) => text(breakText(new TextDecoder().decode(bytes), draw)),
  },
};

describe.each(Object.entries(formats))("broken %s files", testBrokenFiles);
