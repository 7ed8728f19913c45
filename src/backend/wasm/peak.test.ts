import { describe, expect, test, vi } from "vitest";
import { ArgumentError } from "../../core/errors.ts";
import { measurePeak } from "./peak.ts";

describe("the measured peak", () => {
  test("is one that a processor and its memory can have", async () => {
    const peak = await measurePeak({ threads: 1 });
    expect(peak.threads).toBe(1);
    // A gigahertz at one multiply-add of four lanes in eight cycles, and 10 GHz at four of eight lanes in each.
    expect(peak.flopsPerSecond).toBeGreaterThan(1e9);
    expect(peak.flopsPerSecond).toBeLessThan(640e9);
    expect(peak.bytesPerSecond).toBeGreaterThan(1e8);
    expect(peak.bytesPerSecond).toBeLessThan(1e12);
  });

  test("is measured once, unless it is asked for again", async () => {
    expect(measurePeak({ threads: 1 })).toBe(measurePeak({ threads: 1 }));
    expect(await measurePeak({ threads: 2 })).not.toBe(await measurePeak({ threads: 1 }));
    const before = await measurePeak({ threads: 1 });
    const again = await measurePeak({ threads: 1, again: true });
    expect(again).not.toBe(before);
    expect(await measurePeak({ threads: 1 })).toBe(again);
  });

  test("is that of the path in use", async () => {
    const plain = await measurePeak({ threads: 1, fused: false });
    expect(plain.path).toBe("plain");
    expect(plain.flopsPerSecond).toBeGreaterThan(1e9);
    vi.stubEnv("FOVEA_WASM_FMA", "0");
    expect(await measurePeak({ threads: 1 })).toBe(plain);
    vi.unstubAllEnvs();
  });

  test("is not there for impossible threads", async () => {
    await expect(measurePeak({ threads: 65 })).rejects.toThrow(ArgumentError);
  });
});
