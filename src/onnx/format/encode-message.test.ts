import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../io/byte-reader.ts";
import { lengthOf } from "../../io/protobuf/encode-message.ts";
import { decodeMessage, encodeMessage } from "./codec.ts";

describe("encodeMessage", () => {
  it("writes what the format's description shows", () => {
    // protobuf.dev/programming-guides/encoding: a varint, a text, a message in a message, packed numbers.
    const bytesOf = (pieces: Uint8Array[]) => [...concatBytes(pieces)];
    expect(bytesOf(encodeMessage("Model", { irVersion: 150 }))).toEqual([0x08, 0x96, 0x01]);
    expect(bytesOf(encodeMessage("Model", { producerName: "testing" }))).toEqual([
      0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67,
    ]);
    expect(bytesOf(encodeMessage("Type", { tensorType: { elementType: 150 } }))).toEqual([
      0x0a, 0x03, 0x08, 0x96, 0x01,
    ]);
    expect(bytesOf(encodeMessage("Tensor", { dims: [3, 270, 86_942] }))).toEqual([
      0x0a, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05,
    ]);
  });

  it("writes negative and large numbers, floats and high fields", () => {
    const bytes = concatBytes(encodeMessage("Attribute", { i: -2, f: 1, type: 2 }));
    expect([...bytes]).toEqual([
      ...[0x15, 0, 0, 0x80, 0x3f],
      ...[0x18, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      ...[0xa0, 0x01, 0x02],
    ]);
    const tensor = { int64Data: [-(2n ** 63n), 2n ** 63n - 1n], uint64Data: [2n ** 64n - 1n] };
    expect(decodeMessage("Tensor", concatBytes(encodeMessage("Tensor", tensor)), "t")).toMatchObject(tensor);
  });

  it("copies no long payload", () => {
    const rawData = new Uint8Array(10_000).fill(7);
    const pieces = encodeMessage("Graph", {
      initializers: [
        { name: "w", rawData },
        { name: "v", rawData },
      ],
    });
    expect(pieces.filter((piece) => piece === rawData)).toHaveLength(2);
    expect(lengthOf(pieces)).toBe(concatBytes(pieces).length);
  });

  it("writes what decodeMessage reads", () => {
    const int = fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 });
    const float = fc.float({ noNaN: true });
    const bytes = fc.uint8Array({ maxLength: 300 });
    const attribute = fc.record(
      {
        name: fc.string(),
        i: int,
        f: float,
        s: bytes,
        ints: fc.array(int),
        strings: fc.array(bytes),
        t: fc.record({ name: fc.string({ unit: "binary" }), dims: fc.array(fc.nat()), rawData: bytes }),
      },
      { requiredKeys: [] },
    );
    const node = fc.record({
      opType: fc.string(),
      inputs: fc.array(fc.string()),
      outputs: fc.array(fc.string()),
      attributes: fc.array(attribute),
    });
    const model = fc.record({
      irVersion: fc.nat(),
      graph: fc.record({ name: fc.string(), nodes: fc.array(node, { maxLength: 3 }) }),
    });
    fc.assert(
      fc.property(model, (message) => {
        const read = decodeMessage("Model", concatBytes(encodeMessage("Model", message)), "model");
        expect(read).toMatchObject(message);
      }),
      { numRuns: 30 },
    );
  });
});
