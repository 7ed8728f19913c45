import { ArgumentError } from "../../core/errors.ts";
import type { ProgramCache } from "./program-cache.ts";

/**
 * What the backend asks of its surroundings: Node (`platform.node.ts`) or a browser (`platform.web.ts`),
 * chosen by the import map entry `#platform`.
 */
export interface Platform {
  /** Whether this thread may sleep in `Atomics.wait`: not on a browser's main thread. */
  readonly canBlock: boolean;
  /** Processors that this process or page may use. */
  availableProcessors(): number;
  /** Threads to use: one for each processor, or what `FOVEA_THREADS` says. */
  availableThreads(): number;
  /** Switches relaxed SIMD on where it is behind a flag; call it before the first module is compiled. */
  enableRelaxedSimd(): void;
  /**
   * Asks the engine to join pairs of 128-bit operations into one of 256 bits, where it can; says whether it might.
   * Call it before the first module is compiled.
   */
  enableWideVectors(): boolean;
  /** An environment variable; in a browser, the global variable of that name. */
  environment(name: string): string | undefined;
  /** Where programs are kept unless told otherwise: in Node in the folder that `FOVEA_CACHE` names, if it does. */
  defaultCache(): Promise<ProgramCache | undefined>;
  /**
   * Starts a worker from the text of a classic script.
   *
   * The script finds two functions in scope: `receive(handler)` sets who gets the messages, and
   * `send(message)` posts one back. It must not import anything.
   */
  spawnWorker(source: string): WorkerHandle;
}

export interface WorkerHandle {
  post(message: unknown): void;
  onMessage(handler: (message: unknown) => void): void;
  onError(handler: (error: Error) => void): void;
  /** Whether the worker keeps the process alive: yes after `ref` (the default), no after `unref`. */
  ref(): void;
  unref(): void;
  terminate(): void;
}

export const maximumThreads = 64;

/** The number of threads that `FOVEA_THREADS` asks for, else the processors' count; at most 64. */
export function threadCount(wanted: string | undefined, processors: number): number {
  if (wanted === undefined || wanted === "") return Math.min(processors, maximumThreads);
  const count = Number(wanted);
  if (!Number.isInteger(count) || count < 1 || count > maximumThreads)
    throw new ArgumentError(`FOVEA_THREADS=${wanted} is not a whole number from 1 to ${maximumThreads}`);
  return count;
}
