import { threadCount, type WorkerHandle } from "./platform.ts";
import type { ProgramCache } from "./program-cache.ts";

export const canBlock: boolean = mayWait();

function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false; // the main thread, or a page without shared memory
  }
}

export function availableProcessors(): number {
  return navigator.hardwareConcurrency;
}

export function availableThreads(): number {
  return threadCount(environment("FOVEA_THREADS"), availableProcessors());
}

export function enableRelaxedSimd(): void {} // a browser has it or not; no script can change that

export function enableWideVectors(): boolean {
  return false;
}

export function environment(name: string): string | undefined {
  const value: unknown = Reflect.get(globalThis, name);
  return value === undefined ? undefined : String(value);
}

export async function defaultCache(): Promise<ProgramCache | undefined> {
  return undefined;
}

const prelude = `"use strict";
const receive = (handler) => { self.onmessage = ({ data }) => handler(data); };
const send = (message) => self.postMessage(message);
`;

export function spawnWorker(source: string): WorkerHandle {
  const url = URL.createObjectURL(new Blob([prelude, source], { type: "text/javascript" }));
  const worker = new Worker(url);
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (handler) => {
      worker.addEventListener("message", ({ data }) => {
        URL.revokeObjectURL(url); // the script has been fetched once it sends something
        handler(data);
      });
    },
    onError: (handler) => {
      worker.addEventListener("error", ({ error, message }) => handler(error ?? new Error(message)));
    },
    ref: () => {}, // a page lives as long as it is open
    unref: () => {},
    terminate: () => worker.terminate(),
  };
}
