import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sizeOf } from "../src/core/shape.ts";

/** One operator with what an independent implementation computed for it, forward and backward. */
export interface GoldenCase {
  readonly op: string;
  readonly name: string;
  /** Shapes of the operands; their elements follow from case and operand name. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly outputShape: readonly number[];
  readonly output: readonly number[];
  /** Of Σ output · (what {@link goldenValues} gives for "grad_output"), by operand. */
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

const goldens: string = join(
  process.env.FOVEA_SHARED ?? fileURLToPath(new URL("../../shared", import.meta.url)),
  "goldens",
);

/** Reads a JSON file of goldens, or gives `undefined` where there are none. */
export function readGoldens<T>(file: string): T | undefined {
  const path = join(goldens, file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : undefined;
}

/** n numbers in [0, 1) that follow from a name: multiples of 2⁻²⁴ from a hash of FNV-1a(name) + i · golden ratio. */
export function goldenUniform(name: string, n: number): Float64Array {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  // A loop and no callback: the largest network has 140 million numbers.
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = (hash + Math.imul(i, 0x9e3779b9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    values[i] = ((x ^ (x >>> 16)) >>> 8) / 2 ** 24;
  }
  return values;
}

/** The elements of an operand of a case, in [−1, 1); float32 holds them exactly. */
export function goldenValues(golden: GoldenCase, operand: string, shape: readonly number[]): Float64Array {
  return goldenUniform(`${golden.name}/${operand}`, sizeOf(shape)).map((u) => 2 * u - 1);
}
