import { describe, expect, test } from "vitest";
import { ThreadChoice } from "./thread-choice.ts";

/** Lets a choice run `runs` times, where a run takes `time(threads)` ms; how often it took one thread. */
function play(choice: ThreadChoice, runs: number, time: (threads: number) => number): number {
  let single = 0;
  for (let run = 0; run < runs; run++) {
    const threads = choice.next();
    if (threads === 1) single++;
    choice.note(threads, time(threads));
  }
  return single;
}

const quiet = (threads: number): number => 1 / threads;
const crowded = (threads: number): number => (threads === 1 ? 1 : 5);

describe("the number of threads", () => {
  test("is all of them while they are faster, with a trial now and then", () => {
    const choice = new ThreadChoice(2);
    expect(play(choice, 640, quiet)).toBeLessThanOrEqual(20);
  });

  test("becomes one soon after something else takes a processor, and all again when it is free", () => {
    const choice = new ThreadChoice(2);
    play(choice, 200, quiet);
    expect(play(choice, 200, crowded)).toBeGreaterThan(150);
    expect(choice.usual).toBe(1);
    play(choice, 64, quiet);
    expect(choice.usual).toBe(2);
    expect(play(choice, 640, quiet)).toBeLessThanOrEqual(20);
  });

  test("does not change because of one slow run", () => {
    const choice = new ThreadChoice(4);
    play(choice, 100, quiet);
    choice.note(4, 1);
    expect(choice.next()).toBe(4);
  });

  test("stays at all of them for long programs, and at one for a pool of one", () => {
    expect(play(new ThreadChoice(2), 500, (threads) => (threads === 1 ? 40 : 50))).toBe(0);
    expect(play(new ThreadChoice(1), 100, quiet)).toBe(100);
  });
});
