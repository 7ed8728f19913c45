import { describe, expect, test } from "vitest";
import { reference } from "../src/backend/reference/reference.ts";
import { createWasmBackend } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compiler/compile.ts";
import { evaluate } from "../src/compiler/runtime.ts";
import { IndexError } from "../src/core/errors.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import { Variable } from "../src/core/variable.ts";
import * as ops from "../src/ops/index.ts";

const wasm = createWasmBackend({ threads: 2 });

describe("variables", () => {
  const cell = (values: readonly number[]): Variable => new Variable(tensor(Float32Array.from(values)));
  const read = async (...variables: Variable[]): Promise<number[][]> =>
    Promise.all(variables.map(async (variable) => [...(await variable.data())]));

  describe.each([
    ["reference", reference],
    ["wasm", wasm],
  ] as const)("%s", (_, backend) => {
    test("two variables are swapped, run after run", async () => {
      const [a, b] = [cell([1, 2, 3]), cell([4, 5, 6])];
      const swap = compile(
        () => {
          const old = a.value;
          a.assign(b.value);
          b.assign(old);
        },
        { backend },
      );
      for (let run = 0; run < 5; run++) await swap();
      expect(await read(a, b)).toEqual([
        [4, 5, 6],
        [1, 2, 3],
      ]);
    });

    test("three variables are rotated, and one is mixed with what another was", async () => {
      const [a, b, c] = [cell([1, 1]), cell([2, 3]), cell([4, 5])];
      const rotate = compile(
        () => {
          const [x, y, z] = [a.value, b.value, c.value];
          a.assign(y);
          b.assign(z);
          c.assign(ops.add(ops.flip(x, 0), ops.mul(c.value, y)));
        },
        { backend },
      );
      for (let run = 0; run < 3; run++) await rotate();
      // Each row is (a, b, c) by the rule (a, b, c) ← (b, c, flip(a) + c·b).
      let [x, y, z] = [
        [1, 1],
        [2, 3],
        [4, 5],
      ] as number[][] as [number[], number[], number[]];
      for (let run = 0; run < 3; run++) {
        const next = z.map((value, i) => x[1 - i]! + value * y[i]!);
        [x, y, z] = [y, z, next];
      }
      expect(await read(a, b, c)).toEqual([x, y, z]);
    });

    test("a variable read after being assigned has the new value, a tensor read before keeps the old", async () => {
      const a = cell([1, 2]);
      const step = compile(
        () => {
          const before = a.value;
          a.assign(ops.mul(a, 10));
          const between = a.value;
          a.assign(ops.add(a, 1));
          return { before, between, after: a.value };
        },
        { backend },
      );
      await step();
      const { before, between, after } = await step();
      expect([[...(await before.data())], [...(await between.data())], [...(await after.data())]]).toEqual([
        [11, 21],
        [110, 210],
        [111, 211],
      ]);
    });

    test("a value held outside stays what it was while updates go on in place", async () => {
      const a = cell([1, 2, 3]);
      const step = compile(() => a.assign(ops.add(a, 1)), { backend });
      await step();
      const held = a.value;
      const derived = ops.mul(a, 100);
      await step();
      await step();
      await evaluate([derived], backend);
      expect([...(await held.data())]).toEqual([2, 3, 4]);
      expect([...(await derived.data())]).toEqual([200, 300, 400]);
      expect(await read(a)).toEqual([[4, 5, 6]]);
    });

    test("updates that read neighbours do not see what is written already", async () => {
      const n = 5000;
      const a = new Variable(tensor(Float32Array.from({ length: n }, (_, i) => i)));
      const step = compile(() => a.assign(ops.add(ops.flip(a, 0), ops.sum(a, 0, { keepDims: true }))), {
        backend,
      });
      await step();
      const total = (n * (n - 1)) / 2;
      expect(await a.data()).toEqual(
        Float32Array.from({ length: n }, (_, i) => Math.fround(n - 1 - i + total)),
      );
    });

    test("what was made of a variable ahead is made again when it has changed", async () => {
      const weight = new Variable(tensor([1, 2, 3, 4, 5, 6], { shape: [3, 2] }));
      const apply = compile((x: Tensor) => ops.linear(x, weight), { backend });
      const double = compile(() => weight.assign(ops.mul(weight.value, 2)), { backend });
      const x = tensor([1, 10], { shape: [1, 2] });
      const result = async (): Promise<number[]> => [...(await (await apply(x)).data())];
      expect(await result()).toEqual([21, 43, 65]);
      expect(await result()).toEqual([21, 43, 65]);
      await double(); // takes the host's memory over
      expect(await result()).toEqual([42, 86, 130]);
      await double(); // in place
      expect(await result()).toEqual([84, 172, 260]);
      weight.assign(tensor([1, 0, 0, 1, 1, 1], { shape: [3, 2] }));
      expect(await result()).toEqual([1, 10, 11]);
    });

    test("one tensor assigned to two variables makes two values", async () => {
      const [a, b] = [cell([0, 0]), cell([0, 0])];
      const both = compile(
        (x: Tensor) => {
          const y = ops.mul(x, 2);
          a.assign(y);
          b.assign(y);
        },
        { backend },
      );
      const bump = compile(() => a.assign(ops.add(a, 1)), { backend });
      await both(tensor([1, 2]));
      await bump();
      expect(await read(a, b)).toEqual([
        [3, 5],
        [2, 4],
      ]);
    });

    test("a variable assigned an argument or another variable does not follow it", async () => {
      const [a, b] = [cell([0, 0]), cell([7, 8])];
      const values = Float32Array.of(1, 2);
      const take = compile(
        (x: Tensor) => {
          a.assign(x);
          return b.value;
        },
        { backend },
      );
      const given = await take(tensor(values));
      values.fill(99);
      b.assign(Float32Array.of(9, 9));
      expect(await read(a)).toEqual([[1, 2]]);
      expect([...(await given.data())]).toEqual([7, 8]);
    });

    test("a call that fails on a bad index leaves the variables as they were", async () => {
      const a = cell([1, 2, 3]);
      const step = compile(
        (index: Tensor) => {
          a.assign(ops.add(a, 1));
          return ops.take(a, index);
        },
        { backend },
      );
      await step(tensor([0, 1], { dtype: "int32" }));
      await expect(step(tensor([0, 3], { dtype: "int32" }))).rejects.toThrow(IndexError);
      expect(await read(a)).toEqual([[2, 3, 4]]);
    });
  });
});
