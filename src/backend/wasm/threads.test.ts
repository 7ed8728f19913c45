import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { build, type Plugin, type Rolldown } from "vite";
import { afterEach, describe, expect, it } from "vitest";
import { type FunctionBuilder, ModuleBuilder } from "./assembler.ts";
import { barrierAddress, controlBlock, emitBarrier, ThreadPool } from "./threads.ts";

const table = 2048;
const tableWord = table / 4;

type Emit = (f: FunctionBuilder, barrier: (slot?: number) => void) => void;

/** A program whose `run` is emitted by `body`; parameters are thread, threads, table. */
function program(body: Emit): WebAssembly.Module {
  const builder = new ModuleBuilder();
  builder.importMemory({ shared: true, initialPages: 1, maximumPages: 2 });
  const ref = emitBarrier(builder);
  builder.function("run", { params: ["i32", "i32", "i32"], results: [], export: "run" }, (f) => {
    body(f, (slot = 0) => {
      f.call(ref, f.get(f.param(1)), f.i32.const(barrierAddress(slot)));
    });
  });
  return new WebAssembly.Module(builder.finish());
}

const wordAt = (f: FunctionBuilder, offset: number) => f.i32.load({ offset }, f.get(f.param(2)));

/**
 * Two steps with barriers between, without atomics: each thread writes its number to its own word, then the
 * sum of all words, read after the barrier, is added to its own total. Any missed barrier gives a wrong sum.
 */
const stepped = program((f, barrier) => {
  const [thread, threads, base] = [f.param(0), f.param(1), f.param(2)];
  const [own, other, sum] = [f.local("i32"), f.local("i32"), f.local("i32")];
  f.set(own, f.i32.add(f.get(base), f.i32.shl(f.get(thread), f.i32.const(2))));
  f.i32.store(f.get(own), f.i32.add(f.i32.load(f.get(own)), f.i32.const(1)));
  barrier();
  f.loop((again) => {
    f.set(
      sum,
      f.i32.add(f.get(sum), f.i32.load(f.i32.add(f.get(base), f.i32.shl(f.get(other), f.i32.const(2))))),
    );
    f.set(other, f.i32.add(f.get(other), f.i32.const(1)));
    f.brIf(again, f.i32.ltU(f.get(other), f.get(threads)));
  });
  f.i32.store({ offset: 256 }, f.get(own), f.i32.add(f.i32.load({ offset: 256 }, f.get(own)), f.get(sum)));
  barrier(1);
});

/** Traps in the thread whose number is in the table's first word; the others wait at a barrier. */
const trapping = program((f, barrier) => {
  f.if(f.i32.eq(f.get(f.param(0)), wordAt(f, 0)), () => f.unreachable());
  barrier();
  barrier(2);
});

/** Each thread counts itself at the table's second word. */
const counting = program((f) => {
  f.drop(f.atomic.add({ offset: 4 }, f.get(f.param(2)), f.i32.const(1)));
});

/** A pool on a memory of its own, whose `load` also makes the caller's instance. */
class TestPool extends ThreadPool {
  readonly words: Int32Array;
  readonly #memory: WebAssembly.Memory;

  constructor(threads: number) {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
    super({ threads, memory });
    this.#memory = memory;
    this.words = new Int32Array(memory.buffer);
    pools.push(this);
  }

  async prepare(module: WebAssembly.Module): Promise<{ id: number; run: (threads?: number) => void }> {
    const id = await this.load(module);
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    return { id, run: (threads) => this.run(id, instance, table, threads) };
  }

  clearTable(): void {
    this.words.fill(0, tableWord, tableWord + 256);
  }
}

const pools: ThreadPool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
});

function thrownBy(run: () => void): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("ThreadPool", () => {
  it.each([
    [2, 10_000],
    [3, 300], // may be more threads than processors
  ])("runs %i threads in lock-step, %i times", async (threads, runs) => {
    const pool = new TestPool(threads);
    const { run } = await pool.prepare(stepped);
    for (let count = 0; count < runs; count++) run();
    for (let thread = 0; thread < threads; thread++) {
      expect(pool.words[tableWord + thread]).toBe(runs);
      expect(pool.words[tableWord + 64 + thread]).toBe((threads * runs * (runs + 1)) / 2);
    }
  });

  it("runs on fewer threads than it has, and on one without a worker", async () => {
    const pool = new TestPool(3);
    const { run } = await pool.prepare(counting);
    for (const threads of [1, 2, 3, 1, 3]) {
      pool.clearTable();
      run(threads);
      expect(pool.words[tableWord + 1]).toBe(threads);
    }
    expect(() => run(4)).toThrow("cannot run a program on 4");
    const alone = new TestPool(1);
    (await alone.prepare(counting)).run();
    expect(alone.words[tableWord + 1]).toBe(1);
  });

  it("wakes workers that have gone to sleep, and runs while it loads", async () => {
    const pool = new TestPool(2);
    const { run } = await pool.prepare(counting);
    for (let round = 0; round < 5; round++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const loading = pool.load(stepped);
      run();
      await loading;
      run();
    }
    expect(pool.words[tableWord + 1]).toBe(20);
  });

  it.each([0, 1, 2])("recovers from a trap in thread %i and throws its error", async (thread) => {
    const pool = new TestPool(3);
    const [trap, step] = [await pool.prepare(trapping), await pool.prepare(stepped)];
    for (let round = 0; round < 20; round++) {
      pool.clearTable();
      pool.words[tableWord] = thread;
      const error = thrownBy(trap.run) as Error;
      expect(error).toBeInstanceOf(WebAssembly.RuntimeError);
      expect(error.message).toBe("unreachable");
      expect(error.stack).toMatch(/at run /);
      expect(error.stack).not.toMatch(/at barrier /);
      pool.clearTable();
      step.run();
      expect(Array.from(pool.words.subarray(tableWord, tableWord + 3))).toEqual([1, 1, 1]);
    }
  });

  it("reports a program that a worker cannot instantiate, and goes on", async () => {
    const pool = new TestPool(2);
    const builder = new ModuleBuilder();
    builder.importFunction("env", "missing", { params: [], results: [] });
    await expect(pool.load(new WebAssembly.Module(builder.finish()))).rejects.toThrow("missing");
    (await pool.prepare(counting)).run();
    expect(pool.words[tableWord + 1]).toBe(2);
  });

  it("throws for a program that was unloaded, and after it is closed", async () => {
    const pool = new TestPool(2);
    const { id, run } = await pool.prepare(counting);
    await pool.unload(id);
    expect(() => run()).toThrow();
    pool.close();
    await expect(pool.load(counting)).rejects.toThrow("closed");
    expect(() => run()).toThrow("closed");
  });

  it("keeps no unloaded program alive", async () => {
    const pool = new TestPool(2);
    const loadAndUnload = async () => {
      const module = program((f) => f.drop(wordAt(f, 8)));
      const { id, run } = await pool.prepare(module);
      run();
      await pool.unload(id);
      return new WeakRef(module);
    };
    const reference = await loadAndUnload();
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    for (let attempt = 0; attempt < 20 && reference.deref(); attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      collect();
    }
    expect(reference.deref()).toBeUndefined();
  });

  it("refuses a memory that is not shared or has another pool, and impossible thread counts", () => {
    const own = new WebAssembly.Memory({ initial: 1 });
    expect(() => new ThreadPool({ threads: 2, memory: own })).toThrow("shared memory");
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    pools.push(new ThreadPool({ threads: 2, memory }));
    expect(() => new ThreadPool({ threads: 2, memory })).toThrow("another thread pool");
    expect(() => new ThreadPool({ threads: 0, memory })).toThrow("1 to 64");
    expect(() => new ThreadPool({ threads: 65, memory })).toThrow("1 to 64");
  });

  it("keeps the control block in the first KiB, its parts apart", () => {
    expect(barrierAddress(controlBlock.barrierSlots)).toBeLessThanOrEqual(controlBlock.workers);
    expect(controlBlock.workers + 64 * 8).toBeLessThanOrEqual(controlBlock.end);
    expect(controlBlock.end).toBe(1024);
  });

  it("lets the process end by itself while workers sleep", async () => {
    const script = await bundle(`
      import { ModuleBuilder, ThreadPool } from "virtual:wasm";
      const builder = new ModuleBuilder();
      builder.importMemory({ shared: true, initialPages: 1, maximumPages: 1 });
      builder.function("run", { params: ["i32", "i32", "i32"], results: [], export: "run" }, (f) => {
        f.drop(f.atomic.add(f.get(f.param(2)), f.i32.const(1)));
      });
      const module = new WebAssembly.Module(builder.finish());
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
      const pool = new ThreadPool({ threads: 2, memory });
      pool.run(await pool.load(module), new WebAssembly.Instance(module, { env: { memory } }), 2048);
      console.log("counted", new Int32Array(memory.buffer)[512]);
    `);
    const options = ["--input-type=module", "--eval", script];
    const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: 20_000 });
    expect(stdout).toBe("counted 2\n");
  });
});

/** A script of one file, which a Node that does not know TypeScript can run. */
async function bundle(source: string): Promise<string> {
  const files: Record<string, string> = {
    "virtual:entry": source,
    "virtual:wasm": `export * from "/assembler.ts"; export * from "/threads.ts";`,
  };
  const virtual: Plugin = {
    name: "virtual",
    resolveId: (id) => (id in files ? `\0${id}` : undefined),
    load: (id) => files[id.slice(1)],
  };
  const output = await build({
    root: fileURLToPath(new URL(".", import.meta.url)),
    configFile: false,
    logLevel: "silent",
    plugins: [virtual],
    ssr: { resolve: { conditions: ["source", "node"] } },
    build: { ssr: true, write: false, target: "node20", rolldownOptions: { input: "virtual:entry" } },
  });
  const [chunk] = (output as Rolldown.RolldownOutput).output;
  return chunk.code;
}
