import type { TrainTest } from "../data/mnist.ts";
import type { Report } from "./report.ts";

/** The data sets that experiments ask for by name. */
export const dataNames = ["digits", "mnist", "fashion-mnist", "cifar10"] as const;
export type DataName = (typeof dataNames)[number];

/** One claim of the theory, and how to put it to the test. */
export interface Experiment {
  /** As it is called on the command line, in kebab-case. */
  readonly name: string;
  readonly title: string;
  /** What the theory says, in a sentence or two. */
  readonly claim: string;
  /** The data set that it uses, for which a person may give another one. */
  readonly data?: DataName;
  /** Over how many seeds it repeats what chance decides; 1 unless told. */
  readonly seeds?: number;
  /** What was found; equal contexts find the same, measured times excepted. */
  run(context: LabContext): Promise<Report>;
}

/** What an experiment gets from whoever runs it. */
export interface LabContext {
  /** Decides everything that chance decides. */
  readonly seed: number;
  /** How many seeds to repeat over, counted from `seed` on. */
  readonly seeds: number;
  /** A run of seconds that shows that everything works and measures nothing: for tests. */
  readonly quick: boolean;
  /** Ends the experiment with the signal's reason as an error. */
  readonly signal: AbortSignal;
  /**
   * The data set of this name, or the one that a person chose for it.
   *
   * @param trainLength how many training images are enough, so that files which hold others are not needed.
   */
  load(name: DataName, trainLength?: number): Promise<TrainTest>;
  /** Tells a person what is under way; `done` of `total` parts of it are finished. */
  progress(text: string, done?: number, total?: number): void;
}

/**
 * The context of part number `index` of `count` equal ones: its progress is told as a part of the whole, with `text` in
 * front of its own.
 */
export function part(context: LabContext, text: string, index: number, count: number): LabContext {
  context.signal.throwIfAborted();
  context.progress(text, index, count);
  return {
    ...context,
    load: (name, trainLength) => context.load(name, trainLength),
    progress: (inner, done = 0, total = 1) => {
      context.progress(inner === "" ? text : `${text}: ${inner}`, index + done / total, count);
    },
  };
}
