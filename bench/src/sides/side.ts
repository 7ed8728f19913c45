import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type HostTensor, parseSafetensors } from "../../../dist/io/index.js";
import { files } from "../benchmarks/files.ts";
import type { Settings, Work } from "../harness/protocol.ts";

/** Arrays by name. */
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
  /** By name. */
  readonly tasks: Readonly<Record<string, (work: Work) => Task | Promise<Task>>>;
}

export function readTensors(folder: string, file: keyof typeof files): Tensors {
  const path = join(folder, files[file]);
  return parseSafetensors(readFileSync(path), path).tensors;
}

/** @throws Error if there is no tensor of this name. */
export function tensorOf(tensors: Tensors, name: string): HostTensor {
  const found = tensors.get(name);
  if (!found) throw new Error(`there is no tensor ${name}, but ${[...tensors.keys()].join(", ")}`);
  return found;
}
