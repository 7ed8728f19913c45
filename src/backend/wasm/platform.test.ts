import { afterEach, describe, expect, it, vi } from "vitest";
import { detectFeatures } from "./features.ts";
import * as node from "./platform.node.ts";
import { type Platform, threadCount } from "./platform.ts";
import * as web from "./platform.web.ts";

const platforms: Record<string, Platform> = { node, web };

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe("threadCount", () => {
  it("takes the processors' count unless told otherwise", () => {
    expect(threadCount(undefined, 8)).toBe(8);
    expect(threadCount("", 8)).toBe(8);
    expect(threadCount(undefined, 200)).toBe(64);
    expect(threadCount("3", 8)).toBe(3);
  });

  it.each(["0", "-1", "1.5", "many", "65"])("refuses FOVEA_THREADS=%s", (value) => {
    expect(() => threadCount(value, 8)).toThrow(`FOVEA_THREADS=${value}`);
  });
});

describe("platforms", () => {
  it("offer the same functions", () => {
    expect(Object.keys(web).sort()).toEqual(Object.keys(node).sort());
    vi.stubGlobal("navigator", { hardwareConcurrency: 4 }); // absent from Node 20
    for (const platform of Object.values(platforms)) {
      expect(platform.canBlock).toBe(true);
      expect(platform.availableThreads()).toBeGreaterThan(0);
    }
  });

  it("read the environment", () => {
    vi.stubEnv("FOVEA_THREADS", "5");
    expect(node.availableThreads()).toBe(5);
    expect(node.environment("FOVEA_NOT_SET")).toBeUndefined();
    vi.stubGlobal("navigator", { hardwareConcurrency: 4 });
    vi.stubGlobal("FOVEA_THREADS", 6);
    expect(web.availableThreads()).toBe(6);
  });

  it("node: a worker answers, reports its errors and ends", async () => {
    const worker = node.spawnWorker(
      `receive((n) => { if (n < 0) throw new RangeError("negative"); send(n + 1); });`,
    );
    const answer = new Promise((resolve) => worker.onMessage(resolve));
    const failure = new Promise<Error>((resolve) => worker.onError(resolve));
    worker.post(41);
    expect(await answer).toBe(42);
    worker.post(-1);
    expect((await failure).message).toBe("negative");
    worker.terminate();
  });
});

describe("features", () => {
  it("finds what Node has, and hides it on request", () => {
    const wide = Number.parseInt(process.versions.v8, 10) >= 13;
    expect(detectFeatures()).toEqual({ simd: true, relaxedMadd: true, wide, threads: true });
    vi.stubEnv("FOVEA_WASM_WIDE", "0");
    expect(detectFeatures()).toEqual({ simd: true, relaxedMadd: true, wide: false, threads: true });
    vi.stubEnv("FOVEA_WASM_FMA", "0");
    vi.stubEnv("FOVEA_WASM_THREADS", "0");
    expect(detectFeatures()).toEqual({ simd: true, relaxedMadd: false, wide: false, threads: false });
  });

  it("needs a page that is cross-origin isolated for threads", () => {
    vi.stubGlobal("crossOriginIsolated", false);
    expect(detectFeatures().threads).toBe(false);
  });
});
