import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileError } from "../../core/errors.ts";
import { withLock } from "./lock.node.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-lock-"));
  path = join(folder, "locks", "x.lock");
});
afterEach(() => rm(folder, { recursive: true }));

test("one action runs at a time, and the lock is gone afterwards", async () => {
  const events: string[] = [];
  const action = (name: string) => async (): Promise<string> => {
    events.push(`${name} begins`);
    await wait(20);
    events.push(`${name} ends`);
    return name;
  };
  const results = await Promise.all(["a", "b", "c"].map((name) => withLock(path, action(name))));
  expect(results).toEqual(["a", "b", "c"]);
  for (let i = 0; i < events.length; i += 2) expect(events[i + 1]).toBe(events[i]!.replace("begins", "ends"));
  expect(await readdir(join(folder, "locks"))).toEqual([]);
});

test("an action that fails gives the lock back", async () => {
  await expect(withLock(path, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  expect(await withLock(path, async () => "next")).toBe("next");
});

// No process has a number as high as this.
test.each([
  ["a holder that has ended", `${2 ** 30} ${hostname()} x`, 0],
  ["one on another machine that has not been seen for long", "1 elsewhere x", 60],
])("%s has lost it", async (_, holder, secondsAgo) => {
  await withLock(path, async () => {});
  await writeFile(path, holder);
  const then = new Date(Date.now() - 1000 * secondsAgo);
  await utimes(path, then, then);
  expect(await withLock(path, async () => "taken over")).toBe("taken over");
});

test("one that lives is waited for, until the caller has had enough", async () => {
  await withLock(path, async () => {
    const signal = AbortSignal.timeout(100);
    await expect(withLock(path, async () => {}, signal)).rejects.toThrow(/abort|timeout/i);
  });
});

test("a folder that cannot be made is a FileError", async () => {
  await writeFile(join(folder, "locks"), "a file");
  await expect(withLock(path, async () => {})).rejects.toThrow(FileError);
});
