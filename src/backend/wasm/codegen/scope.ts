import type { Local } from "../assembler.ts";

/** Values that were computed already, by key; what an inner scope adds is forgotten when it ends. */
export class Scope {
  readonly #levels: Map<string, Local>[] = [new Map()];

  find(key: string): Local | undefined {
    for (let level = this.#levels.length - 1; level >= 0; level--) {
      const found = this.#levels[level]!.get(key);
      if (found) return found;
    }
    return undefined;
  }

  add(key: string, local: Local): void {
    this.#levels.at(-1)!.set(key, local);
  }

  /** Runs `body` in an inner scope. */
  within(body: () => void): void {
    this.#levels.push(new Map());
    body();
    this.#levels.pop();
  }

  /** Runs `body` without anything known from outside. */
  apart(body: () => void): void {
    const outer = this.#levels.splice(0);
    this.#levels.push(new Map());
    body();
    this.#levels.splice(0, this.#levels.length, ...outer);
  }
}
