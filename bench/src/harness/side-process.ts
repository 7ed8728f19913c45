import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { env } from "node:process";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Refused, Reply, Request } from "./protocol.ts";

/** A side that cannot do what it was asked; the message is the library's own where it gave one. */
export class SideError extends Error {}

/** Longer than the slowest peer takes to compile and to check. */
const patience = { minutes: 10 };

/** A library in a process of its own, which works only while it is asked something. */
export class SideProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #replies: Interface;
  /** Fails when the process ends. */
  readonly #end: Promise<never>;
  #complaints = "";

  constructor(
    [program, ...parameters]: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ) {
    const child = spawn(program!, parameters, {
      env: { ...env, ...environment },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child = child;
    this.#replies = createInterface({ input: child.stdout });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-2000);
    });
    this.#end = new Promise((_, reject) => {
      child.on("error", (error) => reject(new SideError(`its process does not start: ${error.message}`)));
      child.on("close", (code, signal) => {
        const last = this.#complaints.trimEnd().split("\n").at(-1);
        reject(
          new SideError(`its process ended (${signal ?? `exit code ${code}`})${last ? `: ${last}` : ""}`),
        );
      });
    });
    // An end is noticed where something is asked; so is a pipe that broke by it.
    this.#end.catch(() => {});
    child.stdin.on("error", () => {});
  }

  /** @throws SideError if the library refuses, or the process ends or does not answer in time. */
  async ask<R extends Request>(request: R): Promise<Reply<R>> {
    const { minutes } = patience;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new SideError(`no answer within ${minutes} minutes`)),
        minutes * 60_000,
      );
    });
    const answer = once(this.#replies, "line");
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    try {
      const [line] = await Promise.race([answer, this.#end, late]);
      return parseReply(line);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#child.kill();
  }
}

function parseReply<R extends Request>(line: string): Reply<R> {
  let reply: Reply<R> | Refused;
  try {
    reply = JSON.parse(line);
  } catch {
    throw new SideError(`its answer is not JSON: ${line.slice(0, 200)}`);
  }
  if ("error" in reply) throw new SideError(reply.error);
  return reply;
}
