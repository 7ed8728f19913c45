import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { threadCount, type WorkerHandle } from "./platform.ts";
import { acceptsRelaxedMadd } from "./probe.ts";
import type { ProgramCache } from "./program-cache.ts";

export const canBlock: boolean = true;

export function availableProcessors(): number {
  return availableParallelism();
}

export function availableThreads(): number {
  return threadCount(environment("FOVEA_THREADS"), availableProcessors());
}

export function enableRelaxedSimd(): void {
  // Node 20 needs the flag; later versions have the feature and would print that they do not know the flag.
  if (!acceptsRelaxedMadd()) setFlagsFromString("--experimental-wasm-relaxed-simd");
}

export function enableWideVectors(): boolean {
  // Earlier versions of V8 have the flag but not the optimization.
  if (Number.parseInt(process.versions.v8, 10) < 13) return false;
  setFlagsFromString("--experimental-wasm-revectorize");
  return true;
}

export function environment(name: string): string | undefined {
  return process.env[name];
}

export async function defaultCache(): Promise<ProgramCache | undefined> {
  if (!environment("FOVEA_CACHE")) return undefined;
  // Imported here, as node:crypto takes some milliseconds to load.
  const { diskCache } = await import("./disk-cache.node.ts");
  return diskCache();
}

const prelude = `"use strict";
const { parentPort } = require("node:worker_threads");
const receive = (handler) => parentPort.on("message", handler);
const send = (message) => parentPort.postMessage(message);
`;

export function spawnWorker(source: string): WorkerHandle {
  // Without the parent's options, of which --input-type=module would make `require` unknown.
  const worker = new Worker(prelude + source, { eval: true, execArgv: [] });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (handler) => void worker.on("message", handler),
    onError: (handler) => void worker.on("error", handler),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    terminate: () => void worker.terminate(),
  };
}
