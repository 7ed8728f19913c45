/**
 * The control block: the words by which threads find work and wait for each other, in the first KiB of the
 * program's shared memory. Everything from `firstAddress` on belongs to the program.
 *
 * | address          | word                                                                           |
 * | ---------------- | ------------------------------------------------------------------------------ |
 * | 64               | abort: 1 after a thread has trapped, until the run is over                     |
 * | 68               | spin: how often a thread looks at a word before it sleeps                      |
 * | 72, 76, 80       | program, table, threads: the run's arguments                                   |
 * | 84               | owned: 1 once a pool uses the memory, for good                                 |
 * | 128, 132         | pending: workers that have not finished the run; whether the caller sleeps     |
 * | 192 + 64 × slot  | barrier: threads that arrived, generation, threads asleep                      |
 * | 448 + 8 × thread | worker: command, whether it sleeps                                             |
 *
 * Words that threads wait on at the same time have cache lines of their own. A worker's command is
 * `letters << 1 | parity`: how many messages were posted to it, and a bit that flips with each run given to
 * it. It is one word, so that the worker can sleep until either changes.
 */
export const controlBlock = {
  abort: 64,
  spin: 68,
  program: 72,
  table: 76,
  threads: 80,
  owned: 84,
  pending: 128,
  callerAsleep: 132,
  barriers: 192,
  barrierSlots: 4,
  workers: 448,
  end: 1024,
} as const;

/**
 * Where what programs use begins. Sums of addresses in code may be less than the place that is meant by up to so many
 * bytes before a constant is added, and must not fall below zero.
 */
export const firstAddress: number = 2 ** 20;

/** Byte offsets within a barrier slot and within a worker's words. */
export const barrierLayout = { arrived: 0, generation: 4, asleep: 8, bytes: 64 } as const;
export const workerLayout = { command: 0, asleep: 4, bytes: 8 } as const;

/** Address of a barrier slot, 0 to `controlBlock.barrierSlots` - 1. */
export function barrierAddress(slot: number): number {
  return controlBlock.barriers + slot * barrierLayout.bytes;
}
