import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { version } from "node:process";

/** Where and when something was measured. */
export interface Surroundings {
  readonly date: string;
  readonly processor: string;
  /** Threads that the system offers. */
  readonly processors: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** The library's commit, with "changed" where the working tree is not that; undefined outside a repository. */
  readonly commit: string | undefined;
}

export function surroundings(): Surroundings {
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: cpus()[0]?.model.trim() ?? "unknown",
    processors: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: version,
    commit: commit(),
  };
}

function commit(): string | undefined {
  const git = (...parameters: string[]) =>
    spawnSync("git", parameters, { cwd: new URL(".", import.meta.url), encoding: "utf8" });
  const { status, stdout } = git("rev-parse", "--short", "HEAD");
  if (status !== 0) return undefined;
  const changed = git("status", "--porcelain", "--", "../../../src").stdout !== "";
  return stdout.trim() + (changed ? ", changed" : "");
}

/** One line for people. */
export function describeSurroundings(at: Surroundings): string {
  const { processor, processors, memoryGiB, system, node, date } = at;
  const built = at.commit === undefined ? "" : `; Fovea at ${at.commit}`;
  return `${date}: ${processor}, ${processors} processors, ${memoryGiB} GiB; ${system}; Node ${node}${built}`;
}
