import { type FunctionBuilder, ModuleBuilder } from "./assembler.ts";
import { Memory } from "./memory.ts";
import { ThreadPool } from "./threads.ts";
import { engineFor, type WasmOptions } from "./wasm.ts";

/** What this machine can do at best in WebAssembly, on all threads of a backend together. */
export interface Peak {
  /** The multiply-adds that matrix products use: 256-bit fused, 128-bit fused, or a product and a sum of 128 bits. */
  readonly path: "wide" | "fused" | "plain";
  readonly threads: number;
  /** Floating-point operations of multiply-adds that wait for nothing; each counts as two. */
  readonly flopsPerSecond: number;
  /** Bytes that are read from memory, one after the other, beyond the caches. */
  readonly bytesPerSecond: number;
}

/** Multiply-adds in flight: more than any processor's latency × throughput, and few enough for 16 registers. */
const accumulators = 12;
/** Multiply-adds of each accumulator in one measurement: about 0.1 ms. */
const steps = 50_000;
/** More than most machines' last cache holds. */
const streamBytes = 2 ** 26;
const bytesPerStep = 256;
const streamSteps = streamBytes / bytesPerStep;
/**
 * How long each of the two is measured, and how often, but for no longer than `mostMs`: the code becomes fast in the
 * first milliseconds, and all threads together have to be undisturbed once.
 */
const leastMs = 15;
const leastRuns = { multiplyAdds: 60, stream: 6 } as const;
const mostMs = 300;

const signature = { params: ["i32", "i32", "i32"], results: [], export: "run" } as const;

const known = new Map<string, Promise<Peak>>();

/**
 * Measures the peaks of a backend with these options, 0.1 to 0.7 s; once in a process, unless `again` asks for what the
 * machine can do now.
 */
export function measurePeak(options: WasmOptions & { readonly again?: boolean } = {}): Promise<Peak> {
  const { threads, fused, wide, shared } = engineFor(options);
  const path = wide ? "wide" : fused ? "fused" : "plain";
  const key = `${path} ${threads}`;
  const peak = (options.again ? undefined : known.get(key)) ?? measure(path, threads, shared);
  known.set(key, peak);
  peak.catch(() => known.delete(key));
  return peak;
}

async function measure(path: Peak["path"], threads: number, shared: boolean): Promise<Peak> {
  const memory = new Memory(shared);
  using pool = new ThreadPool({ threads, memory: memory.memory });
  const { address } = memory.allocate(
    streamBytes,
    "the measurement of the memory's speed",
    "use less elsewhere",
  );
  memory.view("float32", address, streamBytes / 4).fill(0.5); // until then the system need not have given it
  const seconds = async (module: ModuleBuilder, least: number): Promise<number> => {
    const compiled = await WebAssembly.compile(module.finish());
    const instance = await WebAssembly.instantiate(compiled, { env: { memory: memory.memory } });
    const id = await pool.load(compiled);
    const began = performance.now();
    let [best, spent] = [Number.POSITIVE_INFINITY, 0];
    for (let n = 0; spent < leastMs || (n < least && spent < mostMs); n++) {
      pool.run(id, instance, address);
      const now = performance.now() - began;
      best = Math.min(best, now - spent);
      spent = now;
    }
    return best / 1000;
  };
  const lanes = path === "wide" ? 8 : 4;
  const operations = 2 * threads * accumulators * lanes * steps;
  const bytes = Math.floor(streamSteps / threads) * threads * bytesPerStep;
  return {
    path,
    threads,
    flopsPerSecond: operations / (await seconds(multiplyAdds(path, shared), leastRuns.multiplyAdds)),
    bytesPerSecond: bytes / (await seconds(stream(shared), leastRuns.stream)),
  };
}

function moduleOn(shared: boolean, run: (f: FunctionBuilder) => void): ModuleBuilder {
  const module = new ModuleBuilder();
  module.importMemory({ shared, initialPages: 1, maximumPages: Memory.limits.maximumPages });
  module.function("run", signature, run);
  return module;
}

/** Sums of products of numbers at `address`, in registers alone; they are stored once, at the end. */
function multiplyAdds(path: Peak["path"], shared: boolean): ModuleBuilder {
  return moduleOn(shared, (f) => {
    const [thread, address] = [f.param(0), f.param(2)];
    // As in the tiles of matrix products, pairs of vectors side by side are what the engine joins.
    const vectors = Array.from({ length: path === "wide" ? 2 : 1 }, (_, v) => v);
    const factors = vectors.map(() => f.local("v128"));
    const [scalar, left] = [f.local("v128"), f.local("i32")];
    const sums = Array.from({ length: accumulators }, () => vectors.map(() => f.local("v128")));
    f.set(address, f.i32.add(f.get(address), f.i32.mul(f.get(thread), f.i32.const(1024))));
    for (const [v, factor] of factors.entries())
      f.set(factor, f.v128.load({ offset: 16 * v }, f.get(address)));
    f.set(scalar, f.v128.load32Splat({}, f.get(address)));
    f.set(left, f.i32.const(steps));
    f.loop((again) => {
      for (const pair of sums) {
        pair.forEach((sum, v) => {
          if (path === "plain")
            f.set(sum, f.f32x4.add(f.f32x4.mul(f.get(sum), f.get(factors[v]!)), f.get(scalar)));
          else f.set(sum, f.f32x4.relaxedMadd(f.get(scalar), f.get(factors[v]!), f.get(sum)));
        });
      }
      f.set(left, f.i32.sub(f.get(left), f.i32.const(1)));
      f.brIf(again, f.get(left));
    });
    for (const [i, sum] of sums.flat().entries())
      f.v128.store({ offset: 64 + 16 * i }, f.get(address), f.get(sum));
  });
}

/** Reads the thread's share of the bytes from `address` on, and leaves their sum at its beginning. */
function stream(shared: boolean): ModuleBuilder {
  return moduleOn(shared, (f) => {
    const [thread, threads, address] = [f.param(0), f.param(1), f.param(2)];
    const [left, at] = [f.local("i32"), f.local("i32")];
    const sums = Array.from({ length: 4 }, () => f.local("v128"));
    f.set(left, f.i32.divU(f.i32.const(streamSteps), f.get(threads)));
    f.i32.mul(f.i32.mul(f.get(thread), f.get(left)), f.i32.const(bytesPerStep));
    f.set(address, f.i32.add(undefined, f.get(address)));
    f.set(at, f.get(address));
    f.loop((again) => {
      for (let offset = 0; offset < bytesPerStep; offset += 16) {
        const sum = sums[(offset / 16) % sums.length]!;
        f.set(sum, f.i32x4.add(f.get(sum), f.v128.load({ offset }, f.get(at))));
      }
      f.set(at, f.i32.add(f.get(at), f.i32.const(bytesPerStep)));
      f.set(left, f.i32.sub(f.get(left), f.i32.const(1)));
      f.brIf(again, f.get(left));
    });
    for (const [i, sum] of sums.entries()) f.v128.store({ offset: 16 * i }, f.get(address), f.get(sum));
  });
}
