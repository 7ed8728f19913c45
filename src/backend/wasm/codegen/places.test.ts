import fc from "fast-check";
import { expect, test } from "vitest";
import { loopVariable, plus, times, variable } from "../../../compiler/index-expr.ts";
import { ModuleBuilder } from "../assembler.ts";
import { firstAddress } from "../control-block.ts";
import { Places } from "./places.ts";
import { Scope } from "./scope.ts";

/** Adds up the elements of a buffer at the first address that three loops visit, by a place that goes backwards along them. */
function summed(
  extents: readonly number[],
  factors: readonly number[],
  first: number,
  words: number,
): number {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((firstAddress + 4 * words) / 65_536) });
  const numbers = new Int32Array(memory.buffer, firstAddress);
  for (let i = 0; i < words; i++) numbers[i] = i;
  const module = new ModuleBuilder();
  module.importMemory({ shared: false, initialPages: 1 });
  module.function("run", { params: ["i32"], results: ["i32"], export: "run" }, (f) => {
    const base = f.param(0);
    const sum = f.local("i32");
    const places = new Places(
      f,
      new Scope(),
      () => ({ local: base, offset: 0 }),
      () => undefined,
    );
    const buffer = { id: 0, dtype: "int32" as const, length: words };
    const loops = extents.map((extent) => loopVariable(extent));
    const index = plus(...loops.map((loop, k) => times(variable(loop), factors[k]!)), first);
    places.prepareAt(buffer, index);
    const from = (level: number): void => {
      const loop = loops[level];
      if (loop) {
        places.loop(loop, 0, loop.extent, 1, () => from(level + 1));
        return;
      }
      const offset = places.address(buffer, index);
      f.i32.load({ offset });
      f.set(sum, f.i32.add(undefined, f.get(sum)));
    };
    from(0);
    f.get(sum);
  });
  const compiled = new WebAssembly.Module(module.finish());
  const { run } = new WebAssembly.Instance(compiled, { env: { memory } }).exports;
  return (run as (base: number) => number)(firstAddress);
}

test("places that go far back from where a loop begins", () => {
  const far = 2 ** 19;
  expect(summed([2, 2], [-far, 1], far, far + 2)).toBe(far + (far + 1) + 0 + 1);
  fc.assert(
    fc.property(
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      fc.tuple(fc.integer({ min: -300_000, max: 300_000 }), fc.integer({ min: -300_000, max: 300_000 })),
      (extents, factors) => {
        const ends = extents.map((extent, k) => factors[k]! * (extent - 1));
        const first = -ends.reduce((low, end) => low + Math.min(0, end), 0);
        const words = first + ends.reduce((high, end) => high + Math.max(0, end), 0) + 1;
        let expected = 0;
        for (let a = 0; a < extents[0]; a++)
          for (let b = 0; b < extents[1]; b++) expected += first + a * factors[0] + b * factors[1];
        expect(summed(extents, factors, first, words)).toBe(expected | 0);
      },
    ),
    { numRuns: 25 },
  );
});
