import { availableThreads } from "#platform";
import type { Backend } from "../../core/backend.ts";
import { ArgumentError } from "../../core/errors.ts";
import { detectFeatures } from "./features.ts";
import { Memory } from "./memory.ts";
import { compileProgram, type Device } from "./program.ts";
import { ThreadPool } from "./threads.ts";

export interface WasmOptions {
  /** Threads, the calling one counted; default: as many as the machine has, or `FOVEA_THREADS`. */
  readonly threads?: number;
  /** Whether to use the fused multiply-add where the engine has one; default true. */
  readonly fused?: boolean;
}

/** A backend with a memory and threads of its own, made at the first compilation. */
export function createWasmBackend(options: WasmOptions = {}): Backend {
  let device: Device | undefined;
  return {
    name: "wasm",
    compile: (graph) => compileProgram(graph, (device ??= createDevice(options))),
  };
}

function createDevice(options: WasmOptions): Device {
  const { simd, relaxedMadd, threads: mayShare } = detectFeatures();
  if (!simd)
    throw new ArgumentError("this JavaScript engine has no WebAssembly SIMD, which the wasm backend needs");
  const threads = mayShare ? (options.threads ?? availableThreads()) : 1;
  const memory = new Memory(threads > 1);
  const pool = new ThreadPool({ threads, memory: memory.memory });
  return { memory, pool, fused: relaxedMadd && options.fused !== false, copies: new WeakMap() };
}

/** The backend that is used unless another is chosen. */
export const wasm: Backend = createWasmBackend();
