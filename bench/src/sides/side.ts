import type { HostTensor } from "../../../dist/io/index.js";
import type { Settings } from "../harness/protocol.ts";

/** The inputs and initial parameters of a benchmark by name. */
export type Tensors = ReadonlyMap<string, HostTensor>;

/** One library's way to do one benchmark. */
export interface Task {
  /** Takes back what the runs so far have changed; a task whose runs change nothing has none. */
  reset?(): void | Promise<void>;
  /** Does the work once; when the promise is kept, all of it is done, and the result has reached the host. */
  run(): Promise<ArrayLike<number>>;
}

/** A library that runs on Node: what a file of this folder exports by default. */
export interface Side {
  /** Sets the library up and answers with its name, version and mode. */
  start(settings: Settings): string | Promise<string>;
  /** By the benchmark's name; one that is missing is reported as such. */
  readonly tasks: Readonly<Record<string, (tensors: Tensors) => Task | Promise<Task>>>;
}

/** @throws Error if the benchmark has no tensor of this name. */
export function tensorOf(tensors: Tensors, name: string): HostTensor {
  const found = tensors.get(name);
  if (!found) throw new Error(`the benchmark has no tensor ${name}, but ${[...tensors.keys()].join(", ")}`);
  return found;
}
