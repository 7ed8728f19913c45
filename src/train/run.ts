import type { Checkpoint } from "./checkpoint.ts";

/** One line of the metrics of a run; `kind` says what it is about. */
export type MetricsLine = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** Where a training leaves its metrics and its checkpoint: a folder, memory, or a store of your own. */
export interface Run {
  /** Adds a line to the metrics. */
  record(line: MetricsLine): Promise<void>;
  /** Replaces the checkpoint, as one step, after all lines so far are safe. */
  save(checkpoint: Checkpoint): Promise<void>;
  /** The checkpoint that was saved last. */
  checkpoint(): Promise<Checkpoint | undefined>;
  /** Is called before the first update: keeps the lines that the checkpoint counts, and forgets later ones. */
  startAt(lines: number): Promise<void>;
}

/** A run in memory, for pages and tests. */
export class MemoryRun implements Run {
  readonly lines: MetricsLine[] = [];
  #checkpoint: Checkpoint | undefined;

  async record(line: MetricsLine): Promise<void> {
    this.lines.push(line);
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    this.#checkpoint = checkpoint;
  }

  async checkpoint(): Promise<Checkpoint | undefined> {
    return this.#checkpoint;
  }

  async startAt(lines: number): Promise<void> {
    this.lines.length = Math.min(this.lines.length, lines);
  }
}
