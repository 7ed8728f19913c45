import fc from "fast-check";
import { expect, test } from "vitest";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compiler/compile.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import * as ops from "../src/ops/index.ts";
import { agreeOnRandom } from "./agreement.ts";

const backends = [createWasmBackend({ threads: 2 }), createWasmBackend({ threads: 1, winograd: 4 })];

test("a dense block copies none of its features", async () => {
  const weights = [4, 8, 12].map((channels) =>
    tensor(new Float32Array(4 * channels * 9), { shape: [4, channels, 3, 3] }),
  );
  const block = compile(
    (x: Tensor) => {
      let features = ops.conv2d(x, weights[0]!, { padding: 1 });
      for (const weight of weights.slice(0, 2)) {
        const made = ops.conv2d(ops.relu(features), weight, { padding: 1 });
        features = ops.concat([features, made], 1);
      }
      return ops.mean(ops.relu(features), [2, 3]);
    },
    { backend: backends[0]! },
  );
  const program = await block.program(tensor(new Float32Array(4 * 64), { shape: [1, 4, 8, 8] }));
  expect(program.describe().filter(({ name }) => name === "concat")).toEqual([]);
});

test("concatenations of anything, read in part, as a whole, padded, and twice", async () => {
  const count = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
  await agreeOnRandom(
    fc.record({
      batch: count(1, 2),
      extent: count(4, 7),
      kinds: fc.array(fc.constantFrom("conv", "input", "pool", "scaled", "again", "nested"), {
        minLength: 2,
        maxLength: 5,
      }),
      readers: fc.array(
        fc.constantFrom("padded", "plain", "elementwise", "prefix", "sum", "itself", "part"),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
    }),
    (o, { batch, extent, kinds, readers }) => {
      const x = o.float([batch, 4, extent, extent]);
      const weight = (channels: number): Tensor => o.float([4, channels, 3, 3], [-0.3, 0.3]);
      const base = ops.tanh(ops.conv2d(x, weight(4), { padding: 1 }));
      const make = (kind: string): Tensor => {
        if (kind === "conv") return ops.conv2d(base, weight(4), { padding: 1 });
        if (kind === "pool") return ops.maxPool2d(base, 3, { stride: 1, padding: 1 });
        if (kind === "scaled") return ops.mul(base, 0.5);
        if (kind === "nested") return ops.concat([base, ops.neg(base)], 1);
        return kind === "input" ? x : base;
      };
      const parts = kinds.map(make);
      const whole = ops.concat(parts, 1);
      const read = (reader: string): Tensor => {
        const channels = whole.shape[1]!;
        if (reader === "padded") return ops.conv2d(whole, weight(channels), { padding: 1 });
        // What comes to the host is copied from the memory that convolutions read.
        if (reader === "itself") return whole;
        if (reader === "part") return parts.at(-1)!;
        if (reader === "plain") return ops.conv2d(whole, weight(channels));
        if (reader === "prefix") {
          const prefix = ops.concat(parts.slice(0, 2), 1);
          return ops.conv2d(ops.tanh(prefix), weight(prefix.shape[1]!), { padding: 1 });
        }
        return reader === "sum" ? ops.sum(whole, [2, 3]) : ops.tanh(whole);
      };
      const results = readers.map(read);
      return [...results, ...o.withGradients(results[0]!, [x])];
    },
    backends,
    25,
  );
});
