// The process of one library that runs on Node: `node node-side.js <module of the side>`.

import { argv, exit, stderr, stdin, stdout } from "node:process";
import { createInterface } from "node:readline";
import type { Side, Task } from "../sides/side.ts";
import { peakBytes } from "./peak-memory.ts";
import {
  type Checked,
  type Request,
  runsUntilReset,
  type Started,
  type Timed,
  type Work,
} from "./protocol.ts";

let task: Task | undefined;

async function start(work: Work): Promise<Started> {
  const { default: side }: { default: Side } = await import(argv[2]!);
  const version = await side.start(work.settings);
  const create = side.tasks[work.task];
  if (!create) throw new Error(`${version} has no task ${work.task}`);
  task = await create(work);
  await task.run();
  return { version };
}

async function check(task: Task, runs: number): Promise<Checked> {
  await task.reset?.();
  const outputs: number[][] = [];
  while (outputs.length < runs) outputs.push(Array.from(await task.run()));
  return { outputs };
}

async function time(task: Task, wanted: number): Promise<Timed> {
  let milliseconds = 0;
  let runs = 0;
  while (runs === 0 || milliseconds < wanted) {
    if (runs % runsUntilReset === 0) await task.reset?.();
    const began = performance.now();
    await task.run();
    milliseconds += performance.now() - began;
    runs++;
  }
  return { runs, milliseconds, peakBytes: peakBytes() };
}

function answer(request: Request): Promise<Started | Checked | Timed> {
  if (request.do === "start") return start(request);
  if (!task) throw new Error(`asked to ${request.do} before the start`);
  return request.do === "check" ? check(task, request.runs) : time(task, request.milliseconds);
}

// Standard output belongs to the answers; libraries greet their users on it.
globalThis.console = new console.Console(stderr);

for await (const line of createInterface({ input: stdin })) {
  let reply: object;
  try {
    reply = await answer(JSON.parse(line));
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  stdout.write(`${JSON.stringify(reply)}\n`);
}
// Some libraries' workers would keep the process alive.
exit();
