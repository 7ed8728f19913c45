import { availableThreads, defaultCache } from "#platform";
import type { Backend } from "../../core/backend.ts";
import { ArgumentError } from "../../core/errors.ts";
import { tileShapes } from "./codegen/tiles.ts";
import { compileProgram } from "./compile-program.ts";
import { detectFeatures } from "./features.ts";
import { Memory } from "./memory.ts";
import type { Device } from "./program.ts";
import type { ProgramCache } from "./program-cache.ts";
import { ThreadPool } from "./threads.ts";
import { tryTileShapes } from "./wide-vectors.ts";

export interface WasmOptions {
  /** Threads, the calling one counted; default: as many as the machine has, or `FOVEA_THREADS`. */
  readonly threads?: number;
  /** Whether to use the fused multiply-add where the engine has one; default true. */
  readonly fused?: boolean;
  /**
   * "exact" leaves out what changes rounding beyond the order in which sums are added up: folding batch normalization
   * into weights, and Winograd's form of 3 × 3 convolutions. That order is then the same at every position of a map, so
   * that a shifted image gives the shifted map bit for bit. Default "fast".
   */
  readonly precision?: "fast" | "exact";
  /**
   * The extent of output tiles of Winograd's form wherever that is possible, 0 for the direct form; default: what
   * takes the least time by measured costs.
   */
  readonly winograd?: 0 | 2 | 4;
  /**
   * Where compiled programs are kept, so that the next process need not compile them again; false for nowhere. Default:
   * in Node a `diskCache` in the folder that the environment's `FOVEA_CACHE` names, else nowhere.
   */
  readonly cache?: ProgramCache | false;
}

/** A backend with a memory and threads of its own, made at the first compilation. */
export function createWasmBackend(options: WasmOptions = {}): Backend {
  let device: Device | undefined;
  return {
    name: "wasm",
    compile: (graph) => compileProgram(graph, (device ??= createDevice(options))),
  };
}

/** What the engine under us offers to a backend with these options. */
export interface Engine {
  readonly threads: number;
  /** Whether memory can be shared between threads. */
  readonly shared: boolean;
  /** Whether multiply-adds are fused, and whether pairs of 128-bit vectors become one of 256 bits. */
  readonly fused: boolean;
  readonly wide: boolean;
}

/** @throws ArgumentError where the engine has too little for the backend. */
export function engineFor(options: WasmOptions): Engine {
  const { simd, relaxedMadd, wide, threads: mayShare } = detectFeatures();
  if (!simd)
    throw new ArgumentError("this JavaScript engine has no WebAssembly SIMD, which the wasm backend needs");
  const fused = relaxedMadd && options.fused !== false;
  return {
    threads: mayShare ? (options.threads ?? availableThreads()) : 1,
    shared: mayShare,
    fused,
    wide: fused && wide && tryTileShapes() === tileShapes.wide,
  };
}

function createDevice(options: WasmOptions): Device {
  const { threads, shared, fused, wide } = engineFor(options);
  // Shared also for one thread: V8 makes better code for a memory that never moves.
  const memory = new Memory(shared);
  const pool = new ThreadPool({ threads, memory: memory.memory });
  return {
    memory,
    pool,
    target: {
      shared,
      fused,
      tiles: wide ? tileShapes.wide : tileShapes.narrow,
      exact: options.precision === "exact",
      winograd: options.winograd,
    },
    cache: options.cache === undefined ? defaultCache() : options.cache || undefined,
    copies: new WeakMap(),
  };
}

/** The backend that is used unless another is chosen. */
export const wasm: Backend = createWasmBackend();
