import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testBrokenFiles } from "../../../test/broken-files.ts";
import { concatBytes } from "../byte-reader.ts";
import { crc32c } from "../crc32.ts";
import { EventWriter } from "./event-writer.node.ts";
import { encodeEvent, encodeFileVersion, parseEvents, type SummaryEvent } from "./events.ts";
import { histogramOf } from "./histogram.ts";
import { encodeRecord } from "./records.ts";

const wallTime = 1_500_000_000.25;
const text = (value: string) => new TextEncoder().encode(value);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Events, and the records that tensorboard 2.21's RecordWriter makes of the same messages. */
const written: readonly (readonly [string, SummaryEvent, string])[] = [
  [
    "a scalar",
    { wallTime, step: 300, values: [{ tag: "train/loss", scalar: 0.625 }] },
    "2100000000000000017becf609000010c00b5ad64110ac022a130a110a0a747261696e2f6c6f7373150000203f22a275d1",
  ],
  [
    "zeros",
    { wallTime, step: 0, values: [{ tag: "a", scalar: 0 }] },
    "1500000000000000d6ab6b2b09000010c00b5ad6412a0a0a080a0161150000000026d6802f",
  ],
  [
    "a histogram",
    {
      wallTime,
      step: 7,
      values: [
        {
          tag: "w",
          histogram: { min: -1, max: 3, count: 4, sum: 3, sumOfSquares: 11, limits: [1, 3], buckets: [2, 2] },
        },
      ],
    },
    "6500000000000000ebd05a6909000010c00b5ad64110072a580a560a01772a5109000000000000f0bf110000000000000840190000000000" +
      "0010402100000000000008402900000000000026403210000000000000f03f00000000000008403a1000000000000000400000000000000040b2c26f6c",
  ],
  [
    "an image",
    {
      wallTime,
      step: 7,
      values: [{ tag: "i", image: { width: 3, height: 2, channels: 3, encoded: text("PNG") } }],
    },
    "1f00000000000000514b441809000010c00b5ad64110072a120a100a0169220b0802100318032203504e475a5cee88",
  ],
  [
    "a session's start",
    { wallTime, step: 12, values: [], sessionStart: true },
    "0f000000000000006d532b0909000010c00b5ad641100c3a020801e1a43665",
  ],
];

describe("events", () => {
  test.each(written)("%s has the bytes of tensorboard's own writer", (_, event, expected) => {
    expect(hex(encodeEvent(event))).toBe(expected);
  });

  test("a file begins with the version", () => {
    expect(hex(encodeFileVersion(wallTime))).toBe(
      "1800000000000000a37f4b2209000010c00b5ad6411a0d627261696e2e4576656e743a32130a0322",
    );
  });

  test("are read back", () => {
    const file = concatBytes([encodeFileVersion(1), ...written.map(([, event]) => encodeEvent(event))]);
    const plain = (events: readonly SummaryEvent[]): unknown =>
      JSON.parse(
        JSON.stringify(events, (_, value) =>
          ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value,
        ),
      );
    expect(plain(parseEvents(file, "file"))).toEqual(plain(written.map(([, event]) => event)));
  });

  test("kinds that are not read are passed over", () => {
    // Event { step: 3, graph_def (4): "", log_message (6): "" } and a value with a tensor (8).
    const other = encodeRecord(Uint8Array.of(0x10, 3, 0x22, 0, 0x32, 0));
    const value = encodeRecord(Uint8Array.of(0x10, 4, 0x2a, 7, 0x0a, 5, 0x0a, 1, 0x61, 0x42, 0));
    const events = parseEvents(concatBytes([encodeFileVersion(1), other, value]), "file");
    expect(events).toEqual([{ wallTime: 0, step: 4, values: [] }]);
  });

  test.each([
    [
      "no event file",
      text("something else that is long enough"),
      "file: a record's length has a wrong checksum",
    ],
    ["an empty file", new Uint8Array(0), 'file: does not begin with "brain.Event:2"'],
    ["one without a version", encodeEvent(written[0]![1]), 'file: does not begin with "brain.Event:2"'],
    ["one that is cut", encodeFileVersion(1).subarray(0, 30), "file: the file ends within a record"],
    [
      "a broken message",
      concatBytes([encodeFileVersion(1), encodeRecord(Uint8Array.of(0x2a, 9, 1))]),
      "file: summary should take 9 bytes, but 1 follow (at byte 53)",
    ],
  ])("%s is refused", (_, bytes, message) => {
    expect(() => parseEvents(bytes, "file")).toThrow(message);
  });
});

testBrokenFiles("event", {
  sound: async () => {
    const [version, events] = [encodeFileVersion(1), written.map(([, event]) => encodeEvent(event))];
    return events.map((event) => concatBytes([version, event]));
  },
  parse: async (bytes) => {
    for (const { values } of parseEvents(bytes, "fuzz")) {
      for (const value of values) if (typeof value.tag !== "string") throw new Error("no tag");
    }
  },
  ratio: 3,
  runs: 1000,
  // All of the last record.
  needless: 120,
});

test("crc32c of the digits 1 to 9", () => {
  expect(crc32c(text("1234"), text("56789"))).toBe(0xe306_9283);
});

describe("histogramOf", () => {
  test("counts every finite value once, in the bucket whose limits it lies between", () => {
    const values = fc.array(fc.oneof(fc.float(), fc.constantFrom(0, -0, 1, Number.NaN, Infinity)));
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 40 }), (list, bucketCount) => {
        const finite = list.filter(Number.isFinite);
        const { min, max, count, limits, buckets } = histogramOf(list, bucketCount);
        expect(count).toBe(finite.length);
        expect(Array.from(buckets).reduce((a, b) => a + b, 0)).toBe(finite.length);
        if (finite.length === 0) return;
        expect([min, max]).toEqual([Math.min(...finite), Math.max(...finite)]);
        expect(limits[limits.length - 1]).toBe(max);
        expect(Array.from(limits)).toEqual(Array.from(limits).sort((a, b) => a - b));
      }),
    );
  });

  test("of a few values", () => {
    expect(histogramOf([0, 1, 2, 3, 4], 2)).toEqual({
      min: 0,
      max: 4,
      count: 5,
      sum: 10,
      sumOfSquares: 30,
      limits: [2, 4],
      buckets: [2, 3],
    });
    expect(histogramOf([3, 3])).toMatchObject({ min: 3, max: 3, limits: [3], buckets: [2] });
  });
});

describe("EventWriter", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fovea-events-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const image = { width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0, 0, 0, 255) } as const;

  async function write(): Promise<string> {
    const writer = await EventWriter.create(join(folder, "run"));
    writer.startAt(3);
    writer.scalars(3, { "train/loss": 0.5, "train/accuracy": 0.75 });
    await writer.flush();
    writer.histogram(4, "conv.weight", [-1, 0, 0, 3]);
    await writer.image(4, "confusion", image);
    await Promise.all([writer.flush(), writer.flush()]);
    return writer.path;
  }

  test("appends what was added, in files of their own", async () => {
    const [path, other] = [await write(), await write()];
    expect(path).toMatch(/\/run\/events\.out\.tfevents\.\d{10}\..+/);
    expect(other).not.toBe(path);
    const events = parseEvents(await readFile(path), path);
    expect(events.map(({ step }) => step)).toEqual([3, 3, 4, 4]);
    expect(events[1]!.values).toEqual([
      { tag: "train/loss", scalar: 0.5 },
      { tag: "train/accuracy", scalar: 0.75 },
    ]);
    expect(Math.abs(events[1]!.wallTime - Date.now() / 1000)).toBeLessThan(60);
  });

  const python = process.env["FOVEA_TENSORBOARD_PYTHON"];
  const name = "is read by TensorBoard itself";
  const missing = "FOVEA_TENSORBOARD_PYTHON names no Python that has tensorboard";
  test.skipIf(python === undefined)(
    python === undefined ? `${name} (skipped: ${missing})` : name,
    async () => {
      const script = `
import json, sys
from tensorboard.backend.event_processing import event_accumulator as ea
log = ea.EventAccumulator(sys.argv[1], size_guidance={ea.IMAGES: 0, ea.HISTOGRAMS: 0, ea.SCALARS: 0})
log.Reload()
h = log.Histograms("conv.weight")[0]
i = log.Images("confusion")[0]
print(json.dumps({
  "loss": [(e.step, e.value) for e in log.Scalars("train/loss")],
  "histogram": [h.step, h.histogram_value.num, sum(h.histogram_value.bucket), h.histogram_value.min],
  "image": [i.step, i.width, i.height, i.encoded_image_string[:4].hex()],
}))`;
      const { stdout, stderr, status } = spawnSync(python!, ["-c", script, dirname(await write())], {
        encoding: "utf8",
      });
      expect(status, stderr).toBe(0);
      expect(JSON.parse(stdout)).toEqual({
        loss: [[3, 0.5]],
        histogram: [4, 4, 4, -1],
        image: [4, 2, 1, "89504e47"],
      });
    },
  );
});
