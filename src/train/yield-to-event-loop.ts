const interval = 50;

/**
 * Lets timers, input and signals have their turn, at most every 50 ms.
 *
 * A program that never waits would otherwise keep an abort, or a page's clicks, from ever being seen. A message takes
 * its turn at once, while browsers delay timers.
 */
export class EventLoopYield {
  #last: number = performance.now();

  async pause(): Promise<void> {
    if (performance.now() - this.#last < interval) return;
    const { port1, port2 } = new MessageChannel();
    await new Promise<void>((resolve) => {
      port1.onmessage = () => resolve();
      port2.postMessage(0);
    });
    port1.close();
    this.#last = performance.now();
  }
}
