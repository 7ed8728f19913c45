import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { valueAndGrad } from "../src/autograd/grad.ts";
import { diskCache } from "../src/backend/wasm/disk-cache.node.ts";
import type { ProgramCache } from "../src/backend/wasm/program-cache.ts";
import { decodeImage, encodeImage } from "../src/backend/wasm/program-image.ts";
import { createWasmBackend, type WasmOptions } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compiler/compile.ts";
import { evaluate } from "../src/compiler/runtime.ts";
import type { Backend } from "../src/core/backend.ts";
import { IndexError } from "../src/core/errors.ts";
import { defineOp } from "../src/core/index.ts";
import { apply } from "../src/core/op.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import { Variable } from "../src/core/variable.ts";
import * as ops from "../src/ops/index.ts";
import { Operands } from "./agreement.ts";
import { valuesOf } from "./conformance-tools.ts";
import { makeProgram } from "./random-program.ts";

/** A cache in memory that counts. */
class MemoryCache implements ProgramCache {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  hits = 0;
  misses = 0;

  async read(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const found = this.files.get(key);
    if (found) this.hits++;
    else this.misses++;
    return found;
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    this.files.set(key, new Uint8Array(bytes));
  }
}

/** Backends as three processes would have them: without a cache, with one to fill, and with the full one. */
function inThreeProcesses(cache: ProgramCache, options: WasmOptions = {}): [Backend, Backend, Backend] {
  const of = (own: ProgramCache | false) => createWasmBackend({ threads: 1, ...options, cache: own });
  return [of(false), of(cache), of(cache)];
}

/** Weights and images for a small network with every kind of kernel in its training step. */
class Network {
  readonly #o = new Operands(3);
  readonly #generator = new ops.Generator(5);
  readonly filters = new Variable(this.#o.float([16, 4, 3, 3]));
  readonly scale = new Variable(this.#o.float([16]));
  readonly strided = new Variable(this.#o.float([8, 16, 2, 2]));
  readonly table = new Variable(this.#o.float([3, 72]));
  readonly weight = new Variable(this.#o.float([72, 5]));
  readonly images: Tensor = this.#o.float([2, 4, 12, 12]);
  readonly labels: Tensor = tensor(Int32Array.of(3, 1));
  readonly parameters = [this.filters, this.scale, this.strided, this.table, this.weight];

  forward(images: Tensor, training: boolean): Tensor {
    let x = ops.conv2d(images, this.filters, { padding: 1 });
    x = ops.relu(ops.mul(x, ops.reshape(this.scale.value, [1, 16, 1, 1])));
    x = ops.maxPool2d(x, 2);
    if (training) x = ops.dropout(x, 0.3, { generator: this.#generator });
    x = ops.conv2d(x, this.strided, { stride: 2, algorithm: "fft" });
    const rows = ops.take(this.table, tensor(Int32Array.of(2, 0)));
    return ops.matmul(ops.add(ops.reshape(x, [2, 72]), rows), this.weight);
  }

  step(backend: Backend) {
    return compile(
      (images: Tensor, labels: Tensor) => {
        const { value, grads } = valueAndGrad(
          () => ops.crossEntropy(this.forward(images, true), labels),
          this.parameters,
        );
        for (const [parameter, gradient] of grads)
          parameter.assign(ops.sub(parameter.value, ops.mul(gradient, 0.01)));
        return value;
      },
      { backend },
    );
  }

  evaluation(backend: Backend) {
    return compile((images: Tensor) => this.forward(images, false), { backend });
  }

  async state(): Promise<unknown[]> {
    return Promise.all(this.parameters.map((parameter) => parameter.data()));
  }
}

describe("a program from the cache computes the same bits", () => {
  const rounds = 4;
  test.each(Array.from({ length: rounds }, (_, round) => [round]))(
    "random programs, round %i",
    async (round) => {
      const cache = new MemoryCache();
      const backends = inThreeProcesses(cache);
      for (let seed = 5000 + round; seed < 5040; seed += rounds) {
        const results = [];
        for (const backend of backends) results.push(await valuesOf(makeProgram(seed).results, backend));
        expect(results[1], `seed ${seed}`).toEqual(results[0]);
        expect(results[2], `seed ${seed}`).toEqual(results[0]);
      }
      expect(cache.hits).toBe(cache.misses);
      expect(cache.hits).toBeGreaterThan(8);
    },
  );

  test("training, with variables replaced in place, and evaluation, with weights laid out ahead", async () => {
    const cache = new MemoryCache();
    const kinds = new Set<string>();
    const runs = [];
    for (const backend of inThreeProcesses(cache, { winograd: 4, threads: 2 })) {
      const network = new Network();
      const [step, evaluation] = [network.step(backend), network.evaluation(backend)];
      const { images, labels } = network;
      const values: unknown[] = [];
      for (let i = 0; i < 4; i++) {
        values.push(await (await step(images, labels)).data());
        values.push(await (await evaluation(images)).data());
        // Also what is assigned from outside is laid out anew.
        if (i === 2) network.filters.assign(new Operands(9).float([16, 4, 3, 3]));
      }
      values.push(await network.state());
      const programs = [await step.program(images, labels), await evaluation.program(images)];
      const kernels = programs.map((program) => program.describe());
      for (const { kind } of kernels.flat()) kinds.add(kind);
      expect(kernels[1]!.some(({ ahead }) => ahead)).toBe(true);
      runs.push({ values, kernels, graphs: programs.map(({ graph }) => graph) });
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
    expect(cache.misses).toBe(2);
    expect(cache.hits).toBe(2);
    expect([...kinds].sort()).toEqual([
      "contraction",
      "copy",
      "fourier transform",
      "map",
      "random",
      "reduce",
      "scatter",
      "winograd",
      "winograd filters",
      "winograd transform",
    ]);
    for (const bytes of cache.files.values())
      expect(new Uint8Array(encodeImage(decodeImage(bytes)))).toEqual(bytes);
  });

  test("weights that have changed are not served from it", async () => {
    const cache = new MemoryCache();
    const [plain, first, second] = inThreeProcesses(cache);
    const x = new Operands(1).float([2, 6]);
    const result = async (backend: Backend, seed: number): Promise<unknown> => {
      const weight = new Variable(new Operands(seed).float([5, 6]));
      return (await compile(() => ops.linear(x, weight), { backend })()).data();
    };
    await result(first, 1);
    expect(await result(second, 2)).toEqual(await result(plain, 2));
    expect(await result(second, 3)).toEqual(await result(plain, 3));
    expect(cache.files.size).toBe(1);
    expect(cache.hits).toBe(1);
  });
});

describe("a program from the cache", () => {
  test("names the kernel that met a bad index, and leaves variables as they were", async () => {
    const messages: string[] = [];
    for (const backend of inThreeProcesses(new MemoryCache())) {
      const a = new Variable(tensor([1, 2, 3]));
      const step = compile(
        (index: Tensor) => {
          a.assign(ops.add(a, 1));
          return ops.take(a, index);
        },
        { backend },
      );
      const error = await step(tensor([0, 7], { dtype: "int32" })).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(IndexError);
      messages.push((error as IndexError).message);
      expect([...(await (await step(tensor([0, 2], { dtype: "int32" }))).data())]).toEqual([2, 4]);
    }
    expect(messages[0]).toMatch(/^\S+: index 7 is outside the axis, whose extent is 3$/);
    expect(new Set(messages).size).toBe(1);
  });

  test("is profiled as any, and says what its compilation took", async () => {
    const phases = [];
    for (const backend of inThreeProcesses(new MemoryCache())) {
      const network = new Network();
      const evaluation = network.evaluation(backend);
      const program = await evaluation.program(network.images);
      phases.push(program.compilation.map(({ name }) => name));
      program.profile(true);
      await evaluation(network.images);
      expect(program.describe().every(({ ms, runs }) => ms! >= 0 && runs === 1)).toBe(true);
      expect(program.kernelTimes()).toHaveLength(program.describe().length);
    }
    const made = ["expand", "fuse", "schedule", "plan", "emit"];
    expect(phases).toEqual([
      [...made, "engine", "load"],
      ["cache", ...made, "keep", "engine", "load"],
      ["cache", "engine", "load"],
    ]);
  });

  test("is of the same options, but may have another number of threads", async () => {
    const cache = new MemoryCache();
    const options: WasmOptions[] = [
      {},
      { fused: false },
      { precision: "exact" },
      { winograd: 0 },
      { winograd: 2 },
      { winograd: 4 },
    ];
    const values = (backend: Backend): Promise<unknown> => {
      const o = new Operands(1);
      const y = ops.conv2d(o.float([1, 8, 9, 9]), o.float([8, 8, 3, 3]));
      return evaluate([y], backend).then(() => y.data());
    };
    for (const own of options) await values(createWasmBackend({ threads: 1, cache, ...own }));
    expect(cache.files.size).toBe(options.length);
    for (const own of options) {
      const backend = createWasmBackend({ threads: 2, cache, ...own });
      expect(await values(backend)).toEqual(
        await values(createWasmBackend({ threads: 1, cache: false, ...own })),
      );
    }
    expect(cache.files.size).toBe(options.length);
    expect(cache.hits).toBe(options.length);
  });

  test("has no ops from outside the library, whose code may change under the same name", async () => {
    const cache = new MemoryCache();
    const tripled = defineOp({
      name: "tripledOutside",
      shape: ([x]) => x!,
      reference: ([x], _, out) => {
        for (let i = 0; i < out.data.length; i++) out.data[i] = 3 * x!.data[i]!;
      },
      decompose: ([x]) => ops.mul(x!, 3),
      examples: () => ({ inputs: [{ shape: [2] }], attrs: {} }),
    });
    const y = apply(tripled, [tensor([1, 2])], {});
    await evaluate([y], createWasmBackend({ threads: 1, cache }));
    expect([...(await y.data())]).toEqual([3, 6]);
    expect(cache.files.size + cache.misses).toBe(0);
  });
});

describe("programs in files", () => {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const built = existsSync(`${root}dist/index.js`);
  const inFolder = async (body: (folder: string) => Promise<void>): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), "fovea-programs-"));
    await body(folder).finally(() => rm(folder, { recursive: true, force: true }));
  };

  test("of which some are damaged give the same results, and are whole again afterwards", () =>
    inFolder(async (folder) => {
      const run = async (): Promise<unknown> => {
        const backend = createWasmBackend({ threads: 1, cache: diskCache(folder) });
        return Promise.all([1, 2, 3].map(async (seed) => valuesOf(makeProgram(seed).results, backend)));
      };
      const expected = await run();
      const names = (await readdir(folder)).sort();
      expect(names.length).toBe(3);
      await truncate(join(folder, names[0]!), 1000);
      await writeFile(join(folder, names[1]!), "something else");
      expect(await run()).toEqual(expected);
      expect((await readdir(folder)).sort()).toEqual(names);
      for (const name of names) await truncate(join(folder, name), 0);
      expect(await run()).toEqual(expected);
    }));

  test.skipIf(!built)(
    "are found by other processes through FOVEA_CACHE (skipped where dist is missing: npm run build)",
    { timeout: 60_000 },
    () =>
      inFolder(async (folder) => {
        const source = `
          import { compile, tensor } from "fovea";
          import { lenet5 } from "fovea/models";
          import { manualSeed } from "fovea/nn";
          manualSeed(0);
          const model = lenet5().eval();
          const forward = compile((x) => model.forward(x));
          const x = tensor(Float32Array.from({ length: 784 }, (_, i) => Math.sin(i)), { shape: [1, 1, 28, 28] });
          const y = [...(await (await forward(x)).data())];
          const phases = (await forward.program(x)).compilation.map(({ name }) => name);
          console.log(JSON.stringify({ y, phases }));`;
        const runOnce = async (): Promise<{ y: number[]; phases: string[] }> => {
          const env = { ...process.env, FOVEA_CACHE: folder, FOVEA_THREADS: "1" };
          const child = spawn(process.execPath, ["--input-type=module", "-e", source], { cwd: root, env });
          let [output, complaints] = ["", ""];
          child.stdout.on("data", (text) => (output += text));
          child.stderr.on("data", (text) => (complaints += text));
          await once(child, "close");
          expect(complaints).toBe("");
          return JSON.parse(output);
        };
        const first = await Promise.all([runOnce(), runOnce(), runOnce()]);
        const names = await readdir(join(folder, "programs"));
        expect(names.filter((name) => !name.endsWith(".program"))).toEqual([]);
        const then = await runOnce();
        expect(then.phases).toEqual(["cache", "engine", "load"]);
        for (const { y } of first) expect(y).toEqual(then.y);
        expect((await readdir(join(folder, "programs"))).sort()).toEqual(names.sort());
      }),
  );
});
