/**
 * The words that a program's code finds its memory by, at the address that `run` is given.
 *
 * All addresses come from here, so that one compiled module serves any variables and any place of the arena.
 */
export const tableLayout = {
  /** Number of the kernel that met an index outside its extent, plus one; then the index and the extent. */
  badKernel: 0,
  badIndex: 4,
  badExtent: 8,
  arena: 12,
  constants: 16,
  scratch: 20,
  scratchStride: 24,
  /** What was computed ahead, and whether it has to be computed now. */
  kept: 28,
  prepare: 32,
  /** The kernels that run: all, or a few of them while the program is profiled. */
  firstKernel: 36,
  kernelCount: 40,
  slots: 44,
} as const;

export function slotOffset(slot: number): number {
  return tableLayout.slots + 4 * slot;
}
