import { availableProcessors, canBlock, spawnWorker } from "#platform";
import { ArgumentError } from "../../core/errors.ts";
import { mayBlockGlobal } from "./barrier.ts";
import { controlBlock } from "./control-block.ts";
import { maximumThreads, type WorkerHandle } from "./platform.ts";
import { instantiateThreadControl, type ThreadControl, threadControlModule } from "./thread-control.ts";
import { errorTextLength, type Letter, type Receipt, reportedError, workerSource } from "./thread-worker.ts";

export { emitBarrier } from "./barrier.ts";
export { barrierAddress, controlBlock } from "./control-block.ts";

export interface ThreadPoolOptions {
  /** Threads of the pool with the caller's own, 1 to 64. */
  readonly threads: number;
  /**
   * The programs' memory, shared if there is more than one thread. Its first KiB is the control block, so it
   * serves one pool only, also after that is closed.
   */
  readonly memory: WebAssembly.Memory;
}

/** The function that every thread of a program runs: `run(thread, threads, table)`. */
type Run = (thread: number, threads: number, table: number) => void;

/** How often a thread looks at a word before it sleeps: about 25 µs, a wake-up takes 50 to 100. */
const spinIterations = 60_000;

/**
 * Threads that run programs in lock-step on one shared memory.
 *
 * Workers are started once and never keep a process alive. A run is synchronous: the calling thread is
 * thread 0, the workers are woken by a word in the control block and joined by a counter.
 */
export class ThreadPool {
  readonly threads: number;
  readonly #workers: readonly WorkerHandle[];
  readonly #control: ThreadControl | undefined;
  readonly #errorText: SharedArrayBuffer | undefined;
  readonly #receipts = new Map<number, { missing: number; settle: (error?: Error) => void }>();
  readonly #started: Promise<void>;
  #failure: Error | undefined;
  #nextProgram = 0;
  #nextLetter = 0;

  constructor({ threads, memory }: ThreadPoolOptions) {
    if (!Number.isInteger(threads) || threads < 1 || threads > maximumThreads)
      throw new ArgumentError(`a pool has 1 to ${maximumThreads} threads, not ${threads}`);
    this.threads = threads;
    if (threads === 1) {
      this.#workers = [];
      this.#started = Promise.resolve();
      return;
    }
    if (!(memory.buffer instanceof SharedArrayBuffer))
      throw new ArgumentError(`a pool of ${threads} threads needs a shared memory`);
    const words = new Int32Array(memory.buffer);
    if (Atomics.exchange(words, controlBlock.owned / 4, 1))
      throw new ArgumentError("the memory belongs to another thread pool");
    // Spinning is a waste where another thread of the pool needs the processor.
    words[controlBlock.spin / 4] = threads > availableProcessors() ? 0 : spinIterations;

    const control = threadControlModule();
    this.#control = instantiateThreadControl(control, memory);
    if (!canBlock) this.#control.mayBlock.value = 0;
    const errorText = new SharedArrayBuffer(2 * errorTextLength);
    this.#errorText = errorText;
    this.#workers = Array.from({ length: threads - 1 }, () => this.#spawn());
    this.#started = this.#send((id, thread) => ({ kind: "start", id, thread, memory, control, errorText }));
    this.#started.catch(() => {}); // `load` reports it
  }
  /** Gives a program to every thread; resolves to the number under which `run` and `unload` know it. */
  async load(module: WebAssembly.Module): Promise<number> {
    const program = this.#nextProgram++;
    await this.#started;
    await this.#send((id) => ({ kind: "load", id, program, module }));
    return program;
  }

  /** Makes the workers forget a program, which must not be run again. */
  async unload(program: number): Promise<void> {
    await this.#started;
    await this.#send((id) => ({ kind: "unload", id, program }));
  }

  /**
   * Runs a loaded program on the first `threads` threads and returns when all have finished.
   *
   * `instance` is the calling thread's own instance of the program. If a thread traps, the others leave
   * their next barrier by a trap too, and the error of the first is thrown; the pool stays usable.
   */
  run(program: number, instance: WebAssembly.Instance, table: number, threads: number = this.threads): void {
    const run = instance.exports.run as Run;
    const control = this.#control;
    if (!Number.isInteger(threads) || threads < 1 || threads > this.threads)
      throw new ArgumentError(`a pool of ${this.threads} threads cannot run a program on ${threads}`);
    if (threads === 1 || control === undefined) {
      run(0, 1, table);
      return;
    }
    if (this.#failure) throw this.#failure;
    if (!canBlock) forbidSleep(instance);

    let ownError: unknown;
    control.dispatch(program, table, threads);
    try {
      run(0, threads, table);
    } catch (error) {
      if (control.abort()) ownError = error ?? new Error("the program threw nothing");
    }
    control.join();
    if (control.reset()) throw ownError ?? reportedError(this.#errorText!);
  }

  /** Ends the workers; the pool cannot be used any more. */
  close(): void {
    this.#fail(new Error("the thread pool is closed"));
    for (const worker of this.#workers) worker.terminate();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #spawn(): WorkerHandle {
    const worker = spawnWorker(workerSource);
    worker.unref();
    worker.onMessage((message) => this.#receive(message as Receipt));
    worker.onError((error) => this.#fail(error));
    return worker;
  }

  /** Posts a letter to every worker; resolves when all have dealt with it. */
  #send(letter: (id: number, thread: number) => Letter): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#workers.length === 0) return Promise.resolve();
    const id = this.#nextLetter++;
    return new Promise((resolve, reject) => {
      const settle = (error?: Error) => (error ? reject(error) : resolve());
      this.#receipts.set(id, { missing: this.#workers.length, settle });
      this.#workers.forEach((worker, index) => {
        worker.ref(); // the process must not end while somebody awaits the receipt
        worker.post(letter(id, index + 1));
        this.#control!.announceLetter(index + 1);
      });
    });
  }

  #receive({ id, error }: Receipt): void {
    const receipt = this.#receipts.get(id);
    if (!receipt) return; // another worker has failed to deal with it
    receipt.missing--;
    if (receipt.missing > 0 && !error) return;
    this.#receipts.delete(id);
    if (this.#receipts.size === 0) for (const worker of this.#workers) worker.unref();
    receipt.settle(error);
  }

  /** A worker has ended: nobody would answer any more. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const worker of this.#workers) worker.unref();
    for (const { settle } of this.#receipts.values()) settle(this.#failure);
    this.#receipts.clear();
  }
}

function forbidSleep(instance: WebAssembly.Instance): void {
  const mayBlock = instance.exports[mayBlockGlobal];
  if (mayBlock instanceof WebAssembly.Global) mayBlock.value = 0;
}
