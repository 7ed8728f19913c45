import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from "vitest/node";

/** Vitest's pool of forks, but in processes of another Node. */
export function poolOn(executable: string): PoolRunnerInitializer {
  return { name: executable, createPoolWorker: (options) => new NodeWorker(executable, options) };
}

class NodeWorker implements PoolWorker {
  readonly name: string;
  readonly cacheFs: boolean = true;
  readonly #options: PoolOptions;
  #process: ChildProcess | undefined;

  constructor(executable: string, options: PoolOptions) {
    this.name = executable;
    this.#options = options;
  }

  async start(): Promise<void> {
    const { distPath, env, execArgv } = this.#options;
    this.#process = fork(join(distPath, "workers", "forks.js"), [], {
      execPath: this.name,
      execArgv,
      env: env as NodeJS.ProcessEnv,
      serialization: "advanced",
      stdio: "inherit",
    });
  }

  async stop(): Promise<void> {
    const running = this.#started;
    if (running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, "exit");
    running.kill();
    await ended;
  }

  send(message: WorkerRequest): void {
    this.#started.send(message);
  }

  on(event: string, callback: (argument: unknown) => void): void {
    this.#started.on(event, callback);
  }

  off(event: string, callback: (argument: unknown) => void): void {
    this.#started.off(event, callback);
  }

  deserialize(data: unknown): unknown {
    return data;
  }

  get #started(): ChildProcess {
    if (!this.#process) throw new Error("the process has not been started");
    return this.#process;
  }
}
