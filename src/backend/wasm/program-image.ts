import type { KernelInfo } from "../../core/backend.ts";
import type { DType } from "../../core/dtype.ts";

/** A compiled program as plain data: all that a running one needs, so that it can be stored and used by another process. */
export interface ProgramImage {
  /** The WebAssembly module, which exports `run(thread, threads, table)`. */
  readonly code: Uint8Array<ArrayBuffer>;
  /** What lies at the constants' address: offset tables and constant tensors. */
  readonly constants: Uint8Array;
  readonly layout: ProgramLayout;
}

/** Where a program finds its memory, and what its kernels are; sizes and offsets in bytes. */
export interface ProgramLayout {
  readonly arenaBytes: number;
  /** What is computed ahead and read in every run. */
  readonly keptBytes: number;
  /** Of each thread. */
  readonly scratchBytes: number;
  /** How many slots of the table hold addresses (see table.ts). */
  readonly slots: number;
  /**
   * Whether kernels that do not run ahead read an input, in the order of the graph's, which is that of their slots: the
   * first ones.
   */
  readonly readLater: readonly boolean[];
  /** In the order of the graph's. */
  readonly outputs: readonly OutputLayout[];
  /** In the order of `badKernel` numbers: those that run ahead come first. */
  readonly kernels: readonly KernelLayout[];
  /** For each that runs ahead, the inputs that it reads. */
  readonly aheadReads: readonly (readonly number[])[];
}

export interface OutputLayout {
  readonly dtype: DType;
  /** In elements. */
  readonly length: number;
  readonly place: { readonly kind: "arena"; readonly offset: number } | ResidentPlace;
}

/** An output that stays in the backend's memory; in that of an input, if nobody else has it. */
export interface ResidentPlace {
  readonly kind: "resident";
  readonly slot: number;
  readonly replaces?: number;
}

/** What `describe()` and errors show of a kernel. */
export type KernelLayout = Omit<KernelInfo, "ms" | "runs">;

const headerBytes = 8;

/** The image as bytes: two lengths (uint32, little endian), the layout as JSON, the constants, and the code. */
export function encodeImage({ code, constants, layout }: ProgramImage): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(layout));
  const bytes = new Uint8Array(headerBytes + json.length + constants.length + code.length);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, json.length, true);
  header.setUint32(4, constants.length, true);
  bytes.set(json, headerBytes);
  bytes.set(constants, headerBytes + json.length);
  bytes.set(code, headerBytes + json.length + constants.length);
  return bytes;
}

/** The image that {@link encodeImage} made these bytes of. */
export function decodeImage(bytes: Uint8Array<ArrayBuffer>): ProgramImage {
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const constantsAt = headerBytes + header.getUint32(0, true);
  const codeAt = constantsAt + header.getUint32(4, true);
  return {
    code: bytes.subarray(codeAt),
    constants: bytes.subarray(constantsAt, codeAt),
    layout: JSON.parse(new TextDecoder().decode(bytes.subarray(headerBytes, constantsAt))),
  };
}
