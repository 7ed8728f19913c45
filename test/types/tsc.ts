import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Diagnostic {
  /** As the compiler prints it, relative to the repository. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface CheckReport {
  readonly diagnostics: readonly Diagnostic[];
  readonly instantiations: number;
  readonly checkSeconds: number;
}

export const repository: string = fileURLToPath(new URL("../../", import.meta.url));

/** Checks a project with the repository's own compiler, on one thread so that what it counts never varies. */
export function check(project: string): CheckReport {
  const compiler = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  const options = ["--noEmit", "--pretty", "false", "--singleThreaded", "--extendedDiagnostics"];
  const { stdout, stderr, error } = spawnSync(process.execPath, [compiler, "-p", project, ...options], {
    cwd: repository,
    encoding: "utf8",
  });
  if (error !== undefined) throw error;
  return {
    diagnostics: [...stdout.matchAll(/^(.+)\((\d+),(\d+)\): error TS\d+: (.+)$/gm)].map(
      ([, file, line, column, message]) => ({
        file: file!,
        line: Number(line),
        column: Number(column),
        message: message!,
      }),
    ),
    instantiations: statistic("Instantiations"),
    checkSeconds: statistic("Check time"),
  };

  function statistic(name: string): number {
    const value = new RegExp(`^${name}:\\s+([\\d.]+)s?$`, "m").exec(stdout)?.[1];
    if (value === undefined) throw new Error(`the compiler reports no "${name}":\n${stdout}${stderr}`);
    return Number(value);
  }
}
