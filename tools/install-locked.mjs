// Installs a private package's dependencies, exactly as its lock file says. Plain JavaScript, because it runs before
// anything is compiled.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { env, execPath } from "node:process";

/**
 * Runs `npm ci` in a folder unless its lock file is the one that was installed last, and gives npm's exit status.
 *
 * Install scripts do not run: some download, newer versions of npm block them, and nothing here needs one.
 */
export function installLocked(folder, { verify = () => true, stdio = "inherit" } = {}) {
  const wanted = readFileSync(join(folder, "package-lock.json"), "utf8");
  const installed = join(folder, "node_modules", ".installed-lock.json");
  if (existsSync(installed) && readFileSync(installed, "utf8") === wanted && verify()) return 0;
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  // npm's own script where npm started this, since Windows cannot spawn `npm` by name.
  const [command, before] = env.npm_execpath ? [execPath, [env.npm_execpath]] : ["npm", []];
  const { status, error } = spawnSync(command, [...before, ...args], { cwd: folder, stdio });
  if (error) throw error;
  if (status === 0 && verify()) writeFileSync(installed, wanted);
  return status ?? 1;
}
