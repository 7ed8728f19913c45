import { describe, expect, test } from "vitest";
import { reference } from "../src/backend/reference/reference.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { cases } from "./agreement.ts";
import { valuesOf } from "./conformance-tools.ts";
import { makeProgram } from "./random-program.ts";
import { compareArrays } from "./tolerance.ts";

/** Ops on ops: what the compiler fuses, moves and shares depends on the surroundings, which single ops do not have. */
const backends = [createWasmBackend({ threads: 1 }), createWasmBackend({ threads: 2, fused: false })];

const rounds = 8;
const seeds = cases(120, 2000);
/** Chains of a dozen ops, in which rounding errors add up. */
const allowed = { relative: 1e-4, absolute: 3e-5 };

describe("random programs give on wasm what they give on the reference", () => {
  test.each(Array.from({ length: rounds }, (_, round) => [round]))(
    "round %i",
    { timeout: 600_000 },
    async (round) => {
      for (let seed = round; seed < seeds; seed += rounds) {
        const expected = await valuesOf(makeProgram(seed).results, reference);
        for (const [b, backend] of backends.entries()) {
          const { results, story } = makeProgram(seed);
          const actual = await valuesOf(results, backend).catch((error: unknown) => {
            throw new Error(`backend ${b}, seed ${seed}:\n${story}`, { cause: error });
          });
          actual.forEach((values, k) => {
            const problem = compareArrays(values, expected[k]!, allowed);
            expect(problem, `backend ${b}, seed ${seed}, result ${k}:\n${story}`).toBeUndefined();
          });
        }
      }
    },
  );
});
