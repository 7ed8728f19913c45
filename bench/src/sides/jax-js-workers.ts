// Gives Node the globals by which jax-js starts threads: `Worker` and `navigator.hardwareConcurrency`. It reads them when
// it is loaded, so that this module must come first.

import { resolveObjectURL } from "node:buffer";
import { env } from "node:process";
import { Worker as NodeWorker } from "node:worker_threads";

/** What a web worker's script expects of its surroundings, on those of a Node worker. */
const prelude = `
const { parentPort } = require("node:worker_threads");
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on("message", (data) => self.onmessage({ data }));
`;

/** As much of a web worker as jax-js uses: a script from a blob's URL, and messages both ways. */
class WebWorker {
  onmessage?: (event: { data: unknown }) => void;
  onerror?: (error: Error) => void;
  readonly #worker: Promise<NodeWorker>;

  constructor(url: string) {
    // The blob is looked up at once, since its URL may be revoked before the text has been read.
    const script = resolveObjectURL(url)!.text();
    this.#worker = script.then((text) => {
      const worker = new NodeWorker(prelude + text, { eval: true });
      worker.on("message", (data) => this.onmessage?.({ data }));
      worker.on("error", (error: Error) => this.onerror?.(error));
      return worker;
    });
  }

  postMessage(message: unknown): void {
    void this.#worker.then((worker) => worker.postMessage(message));
  }
}

// Without a global `Worker` jax-js computes on the calling thread, which is its best way to use one.
const threads = Number(env["JAX_JS_THREADS"] ?? 1);
if (threads > 1) {
  Object.defineProperty(globalThis, "Worker", { value: WebWorker, configurable: true });
  Object.defineProperty(globalThis, "navigator", {
    value: { hardwareConcurrency: threads },
    configurable: true,
  });
}
