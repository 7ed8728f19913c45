import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { prefetch } from "./prefetch.ts";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("prefetch", () => {
  test("gives the items in order, also where later ones are ready first", async () => {
    const produce = async (index: number): Promise<number> => {
      await sleep(index % 2 === 0 ? 6 : 1);
      return index;
    };
    expect(await collect(prefetch(produce, 2, 9, { depth: 3 }))).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(await collect(prefetch((index) => index, 4, 4, { depth: 1 }))).toEqual([]);
  });

  test("overlaps producer and consumer: at most `depth` items ahead, all begun while the consumer waits", async () => {
    const begun: number[] = [];
    const produce = async (index: number): Promise<number> => {
      begun.push(index);
      await sleep(2);
      return index;
    };
    for (const depth of [0, 1, 3]) {
      begun.length = 0;
      for await (const item of prefetch(produce, 0, 8, { depth })) {
        await sleep(10);
        expect(begun.length).toBe(Math.min(8, item + 1 + depth));
      }
    }
  });

  test("prepares an item of a producer that never waits in the consumer's waiting time", async () => {
    const begun: number[] = [];
    const items = prefetch((index) => begun.push(index), 0, 3, { depth: 1 });
    await items.next();
    expect(begun).toEqual([0]);
    await sleep(10);
    expect(begun).toEqual([0, 1]);
    await items.return();
  });

  test("throws an error in the place of its item and begins nothing more", async () => {
    const begun: number[] = [];
    const produce = async (index: number): Promise<number> => {
      begun.push(index);
      await sleep(1);
      if (index >= 2) throw new Error(`item ${index} is broken`);
      return index;
    };
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const item of prefetch(produce, 0, 9, { depth: 2 })) {
        seen.push(item);
        await sleep(5); // items 2 and 3 fail while nobody waits for them
      }
    };
    await expect(loop()).rejects.toThrow("item 2 is broken");
    await sleep(5);
    expect(seen).toEqual([0, 1]);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  test("turns what a producer throws at once into the same", async () => {
    const produce = (index: number): number => {
      if (index === 1) throw new Error("broken");
      return index;
    };
    await expect(collect(prefetch(produce, 0, 3, { depth: 2 }))).rejects.toThrow("broken");
  });

  test("aborts what is under way when the consumer leaves the loop", async () => {
    const begun: number[] = [];
    const aborted: number[] = [];
    const produce = (index: number, signal: AbortSignal): Promise<number> => {
      begun.push(index);
      signal.addEventListener("abort", () => aborted.push(index));
      return index === 0 ? Promise.resolve(0) : sleep(1000, index, { signal });
    };
    for await (const _ of prefetch(produce, 0, 9, { depth: 2 })) {
      await sleep(5);
      break;
    }
    expect(aborted).toEqual([0, 1, 2]);
    await sleep(5);
    expect(begun).toEqual([0, 1, 2]);
  });

  test("stops with the reason of the consumer's signal", async () => {
    const controller = new AbortController();
    const items = prefetch((_, signal) => sleep(1000, 0, { signal }), 0, 9, {
      depth: 1,
      signal: controller.signal,
    });
    const next = items.next();
    setTimeout(() => controller.abort(new Error("enough")), 5);
    await expect(next).rejects.toThrow();
    const late = prefetch((index) => index, 0, 9, { depth: 1, signal: controller.signal });
    await expect(late.next()).rejects.toThrow("enough");
  });
});
