/** What a shell reports for a process that a signal ended: 128 and the signal's number. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Ctrl-C and SIGTERM while something is at work that wants to end well. */
export interface Interruption {
  /** Aborted by the first of them; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** 0 until then. */
  readonly exitCode: number;
  /** Gives the signals back their usual meaning. */
  [Symbol.dispose](): void;
}

/** @param onFirst is told of the first signal. */
export function listenForInterruption(onFirst: () => void): Interruption {
  const controller = new AbortController();
  let exitCode = 0;
  const listen = (name: NodeJS.Signals): void => {
    const code = exitCodes[name as keyof typeof exitCodes];
    if (controller.signal.aborted) process.exit(code);
    exitCode = code;
    controller.abort();
    onFirst();
  };
  const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  for (const name of names) process.on(name, listen);
  return {
    signal: controller.signal,
    get exitCode(): number {
      return exitCode;
    },
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listen);
    },
  };
}
