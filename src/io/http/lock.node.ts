import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, stat, unlink, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { reportedAs } from "../files.node.ts";

const heartbeatMilliseconds = 2_000;
const staleMilliseconds = 20_000;
const pollMilliseconds = 50;

/**
 * Runs `action` while no other process (or other call in this one) that asks for the same lock does.
 *
 * The lock is a file that names its holder. A holder that has ended, or has not touched it for long, has lost it.
 */
export async function withLock<T>(path: string, action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  await reportedAs(path, () => mkdir(dirname(path), { recursive: true }));
  const identity = `${process.pid} ${hostname()} ${randomUUID()}`;
  while (!(await acquire(path, identity))) {
    signal?.throwIfAborted();
    if (await isStale(path)) await unlink(path).catch(() => {});
    else await wait(pollMilliseconds, undefined, signal ? { signal } : {});
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, heartbeatMilliseconds);
  heartbeat.unref();
  try {
    return await action();
  } finally {
    clearInterval(heartbeat);
    if ((await holderOf(path)) === identity) await unlink(path).catch(() => {});
  }
}

async function acquire(path: string, identity: string): Promise<boolean> {
  return reportedAs(path, async () => {
    try {
      const handle = await open(path, "wx");
      await handle.writeFile(identity);
      await handle.close();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  });
}

async function holderOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

async function isStale(path: string): Promise<boolean> {
  const [pid, host] = ((await holderOf(path)) ?? "").split(" ");
  if (host === hostname() && !isAlive(Number(pid))) return true;
  const touched = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(),
  );
  return Date.now() - touched > staleMilliseconds;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
