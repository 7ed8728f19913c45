import { expect, it } from "vitest";
import { MemoryError } from "../../core/errors.ts";
import { Memory, type Revocable } from "./memory.ts";

const gibibyte = 2 ** 30;

it("takes away what can be made again, unless it is held, before it refuses", () => {
  const memory = new Memory(false);
  const kept = Array.from({ length: 3 }, (): Revocable => ({ block: undefined, held: false }));
  for (const each of kept) memory.hold(each, gibibyte, "a", "");
  kept[0]!.held = false;
  kept[2]!.held = false;
  const more = memory.allocate(gibibyte, "b", "");
  expect(kept.map(({ block }) => block !== undefined)).toEqual([false, true, false]);
  memory.release(more);
  expect(() => memory.allocate(3 * gibibyte, "c", "")).toThrow(MemoryError);
  expect(kept.map(({ block }) => block !== undefined)).toEqual([false, true, false]);
  expect(memory.used).toBe(gibibyte);
});

it("keeps small blocks together, so that those that stay leave room for large ones", () => {
  const memory = new Memory(false);
  const large = Array.from({ length: 30 }, () => {
    memory.allocate(1000, "a table", "");
    return memory.allocate(gibibyte / 10, "a weight", "");
  });
  for (const block of large) memory.release(block);
  memory.allocate(3.5 * gibibyte, "an arena", "");
});
