import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ArgumentError } from "../../core/errors.ts";
import { buildFingerprint, fingerprintOf } from "./build-fingerprint.node.ts";
import { diskCache } from "./disk-cache.node.ts";

let folder: string;
const warning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fovea-cache-"));
  warning.mockClear();
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const bytesOf = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * i + 31 * i * seed) % 251);
const filesIn = async (): Promise<string[]> => (await readdir(folder)).sort();
const content = (bytes: Uint8Array | undefined): number[] | undefined => bytes && [...bytes];

describe("diskCache", () => {
  test("gives back what was written under a key, also to another process's cache", async () => {
    const cache = diskCache(join(folder, "made", "when needed"));
    expect(await cache.read("a")).toBeUndefined();
    await cache.write("a", bytesOf(1000));
    await cache.write("b", bytesOf(0));
    await cache.write("b", bytesOf(3));
    const other = diskCache(join(folder, "made", "when needed"));
    expect(content(await other.read("a"))).toEqual([...bytesOf(1000)]);
    expect(content(await other.read("b"))).toEqual([...bytesOf(3)]);
    expect(await other.read("c")).toBeUndefined();
    expect(await other.read("a\n")).toBeUndefined();
    expect(warning).not.toHaveBeenCalled();
  });

  test("uses no file with a byte changed, cut off or added, and replaces it", async () => {
    const cache = diskCache(folder);
    await cache.write("key", bytesOf(200));
    const [name] = await filesIn();
    const path = join(folder, name!);
    const good = await readFile(path);
    const damaged: Uint8Array[] = [Buffer.concat([good, Buffer.of(0)]), Buffer.alloc(good.length)];
    for (let at = 0; at < good.length; at++) {
      damaged.push(good.subarray(0, at));
      const flipped = Buffer.from(good);
      flipped[at]! ^= 1 << (at % 8);
      damaged.push(flipped);
    }
    for (const bytes of damaged) {
      await writeFile(path, bytes);
      expect(await cache.read("key")).toBeUndefined();
    }
    await cache.write("key", bytesOf(200));
    expect(await readFile(path)).toEqual(good);
    expect(content(await cache.read("key"))).toEqual([...bytesOf(200)]);
    expect(warning).not.toHaveBeenCalled();
  });

  test("uses no file under the name of another", async () => {
    const cache = diskCache(folder);
    await cache.write("a", bytesOf(200, 1));
    const [a] = await filesIn();
    await cache.write("b", bytesOf(200, 2));
    const b = (await filesIn()).find((name) => name !== a);
    await rename(join(folder, a!), join(folder, b!));
    expect(await cache.read("a")).toBeUndefined();
    expect(await cache.read("b")).toBeUndefined();
  });

  test("writes of many at once leave whole files and nothing else", async () => {
    const caches = Array.from({ length: 8 }, () => diskCache(folder));
    const keys = ["a", "b", "c"];
    const seen: (number[] | undefined)[] = [];
    await Promise.all(
      caches.map(async (cache) => {
        for (let turn = 0; turn < 6; turn++) {
          const key = keys[turn % 3]!;
          await cache.write(key, bytesOf(5000, key.charCodeAt(0)));
          seen.push(content(await cache.read(key)));
        }
      }),
    );
    // On Windows a file that is being read cannot be replaced.
    for (const found of seen) if (found) expect(found).toHaveLength(5000);
    for (const key of keys)
      expect(content(await caches[0]!.read(key))).toEqual([...bytesOf(5000, key.charCodeAt(0))]);
    expect(await filesIn()).toHaveLength(3);
  });

  describe("over its limit", () => {
    const file = 131_072; // the least that one counts for

    test("removes what was used longest ago, and nothing of others", async () => {
      await writeFile(join(folder, "notes.txt"), bytesOf(10 * file));
      const cache = diskCache(folder, { maxBytes: 8 * file });
      for (let i = 0; i < 8; i++) await cache.write(`program ${i}`, bytesOf(100, i));
      const old = new Date(Date.now() - 60_000);
      for (const name of await filesIn()) await utimes(join(folder, name), old, old);
      expect(await cache.read("program 3")).toBeDefined();
      await cache.write("program 8", bytesOf(2 * file - 100));
      const left = [];
      for (let i = 0; i < 9; i++) if (await cache.read(`program ${i}`)) left.push(i);
      expect(left).toHaveLength(7);
      expect(left).toEqual(expect.arrayContaining([3, 8]));
      expect(await filesIn()).toContain("notes.txt");
      expect((await stat(join(folder, "notes.txt"))).size).toBe(10 * file);
    });

    test("stays below it while several write", async () => {
      const caches = [1, 2, 3].map(() => diskCache(folder, { maxBytes: 16 * file }));
      for (let i = 0; i < 60; i++) await caches[i % 3]!.write(`program ${i}`, new Uint8Array(2 * file - 100));
      const sizes = await Promise.all(
        (await filesIn()).map(async (name) => (await stat(join(folder, name))).size),
      );
      // Each looks only after an eighth of the limit.
      expect(sizes.reduce((a, b) => a + b)).toBeLessThanOrEqual((16 + 2 * 2 + 2) * file);
      expect(sizes.length).toBeGreaterThan(4);
      expect(await caches[0]!.read("program 59")).toBeDefined();
    });

    test("does not write what is larger than it", async () => {
      const cache = diskCache(folder, { maxBytes: 3 * file });
      await cache.write("large", bytesOf(3 * file));
      expect(await filesIn()).toEqual([]);
      await diskCache(folder, { maxBytes: 0 }).write("small", bytesOf(1));
      expect(await filesIn()).toEqual([]);
      expect(() => diskCache(folder, { maxBytes: Number.NaN })).toThrow(ArgumentError);
      expect(() => diskCache(folder, { maxBytes: -1 })).toThrow("maxBytes is -1");
    });

    test("removes what killed processes have left", async () => {
      const cache = diskCache(folder);
      await cache.write("a", bytesOf(1));
      const [name] = await filesIn();
      const digest = name!.slice(0, 64);
      const long = new Date(Date.now() - 4_000_000);
      await writeFile(join(folder, `${digest}.old.tmp`), "");
      await utimes(join(folder, `${digest}.old.tmp`), long, long);
      await writeFile(join(folder, `${digest}.new.tmp`), "");
      await diskCache(folder).write("b", bytesOf(1));
      expect((await filesIn()).filter((each) => each.endsWith(".tmp"))).toEqual([`${digest}.new.tmp`]);
    });
  });

  test("a folder that cannot be made costs one warning", async () => {
    await writeFile(join(folder, "file"), "");
    const cache = diskCache(join(folder, "file", "programs"));
    await cache.write("a", bytesOf(10));
    await cache.write("b", bytesOf(10));
    expect(await cache.read("a")).toBeUndefined();
    expect(warning).toHaveBeenCalledTimes(1);
    expect(warning.mock.calls[0]![0]).toMatch(/compiled programs are not kept in .*programs: Error: ENOTDIR/);
  });

  test.skipIf(!existsSync("/proc/self"))(
    "a folder that can hold no other does (skipped where there is no /proc)",
    async () => {
      const cache = diskCache("/proc/fovea/programs");
      await cache.write("a", bytesOf(10));
      expect(await cache.read("a")).toBeUndefined();
      expect(warning).toHaveBeenCalledTimes(1);
    },
  );

  test("a folder in the place of a file costs one warning, too", async () => {
    const cache = diskCache(folder);
    await cache.write("a", bytesOf(10));
    const [name] = await filesIn();
    await rm(join(folder, name!));
    await mkdir(join(folder, name!));
    expect(await cache.read("a")).toBeUndefined();
    await cache.write("a", bytesOf(10));
    expect(await filesIn()).toEqual([name]);
    expect(warning).toHaveBeenCalledTimes(1);
  });
});

describe("the fingerprint of a build", () => {
  const here = fileURLToPath(new URL("../../", import.meta.url));
  const own = "backend/wasm/build-fingerprint.node.ts";

  test("changes with any file of the compiler, and with nothing else", async () => {
    const root = join(folder, "src");
    for (const part of ["core", "ops", "compiler", "backend"])
      await cp(join(here, part), join(root, part), { recursive: true });
    const current = (): string | undefined => fingerprintOf(pathToFileURL(join(root, own)).href, Infinity);
    expect(current()).toBe(buildFingerprint());
    await writeFile(join(root, "core", "shape.test.ts"), "// a test");
    await mkdir(join(root, "nn"));
    await writeFile(join(root, "nn", "layer.ts"), "// a layer");
    expect(current()).toBe(buildFingerprint());
    const known = new Set([current()]);
    for (const file of [
      "ops/conv.ts",
      "core/new.ts",
      "compiler/lower/index.ts",
      "backend/wasm/codegen/tiles.ts",
    ]) {
      await writeFile(join(root, file), "// changed", { flag: "a" });
      known.add(current());
    }
    await rename(join(root, "core", "new.ts"), join(root, "core", "newer.ts"));
    known.add(current());
    expect(known.size).toBe(6);
    expect(known).not.toContain(undefined);
  });

  test("is not there where a bundler has put the library into another file", () => {
    expect(fingerprintOf("file:///app/server.js", Infinity)).toBeUndefined();
    expect(fingerprintOf(`https://example.org/${own}`, Infinity)).toBeUndefined();
  });

  test("is not there where files are newer than the process, which then runs others", () => {
    expect(fingerprintOf(pathToFileURL(join(here, own)).href, 0)).toBeUndefined();
  });
});
