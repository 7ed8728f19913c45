// Prepares the package and measures: installs the peers where the lock file changed, compiles, and runs `dist/main.js`.
// Plain JavaScript, because it runs before anything is compiled.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv, env, execPath, exit } from "node:process";
import { fileURLToPath } from "node:url";

const bench = fileURLToPath(new URL(".", import.meta.url));
const wanted = readFileSync(join(bench, "package-lock.json"), "utf8");
const installed = join(bench, "node_modules", ".installed-lock.json");

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: bench, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) exit(status ?? 1);
}

/** npm's own script where npm started this, since Windows cannot spawn `npm` by name. */
function npm(...args) {
  if (env.npm_execpath) run(execPath, [env.npm_execpath, ...args]);
  else run("npm", args);
}

if (!existsSync(installed) || readFileSync(installed, "utf8") !== wanted) {
  // Some peers' install scripts download, and none is needed for what is measured.
  npm("ci", "--ignore-scripts", "--no-audit", "--no-fund");
  writeFileSync(installed, wanted);
}
run(execPath, [join(bench, "..", "node_modules", "typescript", "bin", "tsc"), "-p", "."]);
run(execPath, [join(bench, "dist", "main.js"), ...argv.slice(2)]);
