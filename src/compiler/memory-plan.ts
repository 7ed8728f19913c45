import { bytesPerElement } from "../core/dtype.ts";
import type { Buffer } from "./expr.ts";
import type { Phase } from "./schedule.ts";

export interface MemoryPlan {
  /** Byte offset in the arena of every buffer that lives there. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
}

/** Gives buffers that stay places one behind the other. */
export function planKept(buffers: readonly Buffer[]): MemoryPlan {
  const offsets = new Map<number, number>();
  let bytes = 0;
  for (const buffer of buffers) {
    offsets.set(buffer.id, bytes);
    bytes += paddedBytes(buffer);
  }
  return { offsets, bytes };
}

interface Lifetime {
  readonly buffer: Buffer;
  readonly bytes: number;
  first: number;
  last: number;
}

/** Buffers begin at multiples of a cache line. */
const alignment = 64;
/** Bytes after a buffer's end that may be read, and written in whole vectors: kernels then need not end exactly there. */
export const spareBytes = 64;

export function paddedBytes(buffer: Buffer): number {
  return Math.ceil((buffer.length * bytesPerElement(buffer.dtype) + spareBytes) / alignment) * alignment;
}

/**
 * Gives every buffer a place in one arena, so that buffers which are needed at the same time do not overlap.
 *
 * Largest first, each at the lowest free place: simple, and within a few per cent of the lower bound on networks.
 *
 * @param kept buffers that are read after the last phase; @param elsewhere ids of buffers that need no place here.
 */
export function planMemory(
  phases: readonly Phase[],
  kept: readonly Buffer[],
  elsewhere: ReadonlySet<number>,
): MemoryPlan {
  const lifetimes = new Map<number, Lifetime>();
  const touch = (touched: Buffer, phase: number): void => {
    const buffer = touched.within ?? touched;
    if (elsewhere.has(buffer.id)) return;
    const known = lifetimes.get(buffer.id);
    if (!known) lifetimes.set(buffer.id, { buffer, bytes: paddedBytes(buffer), first: phase, last: phase });
    else {
      known.first = Math.min(known.first, phase);
      known.last = Math.max(known.last, phase);
    }
  };
  phases.forEach((kernels, phase) => {
    for (const kernel of kernels) {
      touch(kernel.output, phase);
      for (const buffer of kernel.reads) touch(buffer, phase);
    }
  });
  for (const buffer of kept) touch(buffer, phases.length);

  const offsets = new Map<number, number>();
  const placed: { from: number; to: number; life: Lifetime }[] = [];
  let bytes = 0;
  for (const life of [...lifetimes.values()].sort((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    let offset = 0;
    for (const other of placed) {
      if (other.life.last < life.first || life.last < other.life.first) continue;
      if (offset + life.bytes <= other.from) break;
      offset = Math.max(offset, other.to);
    }
    offsets.set(life.buffer.id, offset);
    const entry = { from: offset, to: offset + life.bytes, life };
    const at = placed.findIndex((other) => other.from > offset);
    placed.splice(at < 0 ? placed.length : at, 0, entry);
    bytes = Math.max(bytes, entry.to);
  }
  return { offsets, bytes };
}
