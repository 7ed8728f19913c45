import fc from "fast-check";
import { expect, test } from "vitest";
import "../default-backend.ts";
import { cases, slow } from "../../test/agreement.ts";
import { drawEquivariantNetwork } from "../../test/equivariant-networks.ts";
import { reference } from "../backend/reference/reference.ts";
import { createWasmBackend } from "../backend/wasm/wasm.ts";
import type { Backend } from "../core/backend.ts";
import { check } from "./check.ts";

/** What float64 and float32 may leave of f(g x) − g f(x), relative to the largest value. */
const allowed = { float64: 1e-12, float32: 1e-5 };

async function largestErrors(backend: Backend, tolerance: number, runs: number): Promise<number[]> {
  const found: number[] = [];
  await fc.assert(
    fc.asyncProperty(fc.nat(1e6), async (seed) => {
      const { group, model, input, output } = drawEquivariantNetwork(seed);
      const { holds, relative, elements } = await check(model, group, input, {
        backend,
        tolerance,
        output,
        seed,
      });
      expect(holds, `${group.name}: ${JSON.stringify(elements)}`).toBe(true);
      found.push(relative);
    }),
    { numRuns: runs, ...(process.env.FOVEA_SEED && { seed: Number(process.env.FOVEA_SEED) }) },
  );
  return found.sort((a, b) => b - a);
}

test.each([
  ["float64 on the reference", reference, allowed.float64],
  ["float32 on wasm", createWasmBackend({ threads: 1 }), allowed.float32],
] as const)(
  "random networks obey f(g x) = g f(x) in %s",
  { timeout: 600_000 },
  async (name, backend, most) => {
    const errors = await largestErrors(backend, most, cases(15, 250));
    if (slow)
      console.log(`${name}: ${errors.length} networks, largest relative errors ${errors.slice(0, 3)}`);
  },
);
