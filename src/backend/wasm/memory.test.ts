import { expect, it } from "vitest";
import { MemoryError } from "../../core/errors.ts";
import { Memory, type Revocable } from "./memory.ts";

const gibibyte = 2 ** 30;

it("takes away what can be made again, the least recently held first, before it refuses", () => {
  const memory = new Memory(false);
  const kept = Array.from({ length: 3 }, (): Revocable => ({ block: undefined, held: false }));
  for (const each of kept) {
    memory.hold(each, gibibyte, "a", "");
    each.held = false;
  }
  memory.hold(kept[0]!, gibibyte, "a", "");
  const more = memory.allocate(gibibyte, "b", "");
  expect(kept.map(({ block }) => block !== undefined)).toEqual([true, false, true]);
  memory.release(more);
  kept[2]!.held = true;
  expect(() => memory.allocate(3 * gibibyte, "c", "")).toThrow(MemoryError);
  expect(kept.map(({ block }) => block !== undefined)).toEqual([true, false, true]);
});
