import fc from "fast-check";
import { expect, test } from "vitest";
import { type Buffer, constantOf } from "./expr.ts";
import { constant } from "./index-expr.ts";
import type { Kernel } from "./kernel.ts";
import { paddedBytes, planMemory } from "./memory-plan.ts";

const node = { op: "none", inputs: [], attrs: {}, shape: [], dtype: "float32" } as const;

function kernel(output: Buffer, reads: readonly Buffer[]): Kernel {
  const body = { kind: "map", loops: [], index: constant(0), expr: constantOf(0, "float32") } as const;
  return { name: "test", node, output, reads, body, stable: false, margins: [] };
}

test("buffers that are alive at the same time never overlap, and the arena is at least the busiest phase", () => {
  const layout = fc.array(
    fc.record({ length: fc.integer({ min: 0, max: 3000 }), phase: fc.nat(9), readLater: fc.nat(5) }),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(layout, (entries) => {
      const phases: Kernel[][] = Array.from({ length: 16 }, () => []);
      const lives = entries.map(({ length, phase, readLater }, id) => {
        const buffer: Buffer = { id, dtype: "float32", length };
        phases[phase]!.push(kernel(buffer, []));
        phases[phase + readLater]!.push(kernel({ id: 1000 + id, dtype: "float32", length: 1 }, [buffer]));
        return { buffer, first: phase, last: phase + readLater };
      });
      const external = new Set(entries.map((_, id) => 1000 + id));
      const plan = planMemory(phases, [], external);
      for (const a of lives) {
        const [from, to] = [
          plan.offsets.get(a.buffer.id)!,
          plan.offsets.get(a.buffer.id)! + paddedBytes(a.buffer),
        ];
        expect(from % 64).toBe(0);
        expect(to).toBeLessThanOrEqual(plan.bytes);
        for (const b of lives) {
          if (a === b || a.last < b.first || b.last < a.first) continue;
          const other = plan.offsets.get(b.buffer.id)!;
          expect(to <= other || other + paddedBytes(b.buffer) <= from).toBe(true);
        }
      }
      const busiest = phases.map((_, phase) =>
        lives
          .filter(({ first, last }) => first <= phase && phase <= last)
          .reduce((bytes, { buffer }) => bytes + paddedBytes(buffer), 0),
      );
      expect(plan.bytes).toBeGreaterThanOrEqual(Math.max(...busiest));
    }),
  );
});
