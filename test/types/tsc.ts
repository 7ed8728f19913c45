import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
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

const repository: string = fileURLToPath(new URL("../../", import.meta.url));

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

/** Checks a module of which `nn` stands for the layers; reports its own diagnostics only. */
export function checkSource(source: string): CheckReport {
  const folder = mkdtempSync(join(tmpdir(), "fovea-types-"));
  const here = relative(folder, join(repository, "test/types")).replaceAll("\\", "/");
  const imports = [
    `import * as nn from "${here}/layers.ts";`,
    `import { expectType } from "${here}/expect-type.ts";`,
    `import type { OutputShape } from "${here}/../../src/core/shape-types.ts";`,
  ];
  const config = {
    extends: join(repository, "tsconfig.json"),
    compilerOptions: { types: [], noUnusedLocals: false },
    include: ["source.mts"],
  };
  try {
    writeFileSync(join(folder, "source.mts"), `${imports.join(" ")}\n${source}\n`);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const report = check(folder);
    return { ...report, diagnostics: report.diagnostics.filter(({ file }) => file.endsWith("source.mts")) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
