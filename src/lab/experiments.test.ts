import { describe, expect, test } from "vitest";
import "../default-backend.ts";
import { digits } from "../data/digits.ts";
import type { LabContext } from "./experiment.ts";
import { experiments } from "./experiments.ts";
import type { Json } from "./report.ts";

const data = { train: digits({ length: 500 }), test: digits({ seed: 1, length: 200 }) };

function quickContext(signal: AbortSignal, shares: number[] = []): LabContext {
  const progress = (_: string, done = 0, total = 1): void => void shares.push(done / total);
  return { seed: 0, seeds: 1, quick: true, signal, load: async () => data, progress };
}

/** The places of numbers that JSON cannot hold. */
function broken(value: Json | undefined, path = "data"): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => broken(inner, `${path}.${name}`));
}

describe.each(experiments.map((experiment) => [experiment.name, experiment] as const))(
  "%s",
  (_, experiment) => {
    test("runs quickly and makes a whole report", async () => {
      const shares: number[] = [];
      const { signal } = new AbortController();
      const { summary, verdicts, tables, pictures, data } = await experiment.run(
        quickContext(signal, shares),
      );
      for (const text of [summary, ...verdicts.flatMap(({ statement, found }) => [statement, found])]) {
        expect(text).not.toMatch(/NaN|undefined|^$/);
      }
      for (const { head, rows } of tables) {
        expect(rows.map((row) => row.length)).toEqual(rows.map(() => head.length));
      }
      for (const { svg, png } of pictures) {
        expect(svg?.startsWith("<svg") || (png?.[0] === 0x89 && png[1] === 0x50)).toBe(true);
        expect(svg ?? "").not.toContain("NaN");
      }
      expect(new Set(pictures.map(({ name }) => name)).size).toBe(pictures.length);
      expect(broken(data)).toEqual([]);
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
      expect(shares.at(-1)).toBeLessThanOrEqual(1);
    });

    test("ends when it is told to", async () => {
      const { signal } = { signal: AbortSignal.abort(new Error("enough")) };
      await expect(experiment.run(quickContext(signal))).rejects.toThrow("enough");
    });
  },
);
