// Prepares the package and measures: installs the peers where the lock file changed, compiles, and runs `dist/main.js`.
// Plain JavaScript, because it runs before anything is compiled.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { argv, execPath, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { installLocked } from "../tools/install-locked.mjs";

const bench = fileURLToPath(new URL(".", import.meta.url));

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: bench, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) exit(status ?? 1);
}

const status = installLocked(bench);
if (status !== 0) exit(status);
run(execPath, [join(bench, "..", "node_modules", "typescript", "bin", "tsc"), "-p", "."]);
run(execPath, [join(bench, "dist", "main.js"), ...argv.slice(2)]);
