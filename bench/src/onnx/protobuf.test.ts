import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { Message } from "./protobuf.ts";

function bytesOf(message: Message): number[] {
  return message.pieces.flatMap((piece) => [...piece]);
}

test("Message writes the examples of the format's description", () => {
  // https://protobuf.dev/programming-guides/encoding/
  deepEqual(bytesOf(new Message().int(1, 150)), [0x08, 0x96, 0x01]);
  const text = [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67];
  deepEqual(bytesOf(new Message().string(2, "testing")), text);
  deepEqual(bytesOf(new Message().message(3, new Message().int(1, 150))), [0x1a, 0x03, 0x08, 0x96, 0x01]);
});

test("Message writes large lengths, high fields and floats", () => {
  const long = new Message().bytes(20, [new Uint8Array(200), new Uint8Array(100)]);
  deepEqual(bytesOf(long).slice(0, 5), [0xa2, 0x01, 0xac, 0x02, 0]);
  deepEqual(bytesOf(new Message().float(2, 1)), [0x15, 0, 0, 0x80, 0x3f]);
});

test("Message refuses what is no natural number", () => {
  throws(() => new Message().int(1, -1), /-1 is no natural number/);
  throws(() => new Message().int(1, 0.5), RangeError);
});
