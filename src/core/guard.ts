/** A setting that a traced function looked at: the trace holds only while reading it gives the same again. */
export interface Guard {
  readonly read: () => unknown;
  readonly value: unknown;
}

let recording: Map<object, Map<string, Guard>> | undefined;

/** Reads a setting that decides what a function computes (a layer's training mode), so that traces notice its change. */
export function guarded<T>(owner: object, name: string, read: () => T): T {
  const value = read();
  if (recording) {
    const guards = recording.get(owner) ?? new Map<string, Guard>();
    recording.set(owner, guards);
    if (!guards.has(name)) guards.set(name, { read, value });
  }
  return value;
}

/** Runs `body` and returns the settings that it looked at. */
export function withGuards<R>(body: () => R): { result: R; guards: Guard[] } {
  const outer = recording;
  const mine = new Map<object, Map<string, Guard>>();
  recording = mine;
  try {
    const result = body();
    return { result, guards: [...mine.values()].flatMap((guards) => [...guards.values()]) };
  } finally {
    recording = outer;
  }
}

export function guardsHold(guards: readonly Guard[]): boolean {
  return guards.every((guard) => Object.is(guard.read(), guard.value));
}
