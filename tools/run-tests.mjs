// npm test [-- vitest's arguments]: tests on this Node and, what generated code is about, on another one too: on 24, or
// on 20 where this is 24. Plain JavaScript, because it runs before anything is compiled.
//
// FOVEA_OTHER_NODE names the other Node's executable, instead of the one that is installed in this folder.
// FOVEA_ENGINES=required makes it a failure if there is none; else those tests are skipped.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { arch, argv, env, execPath, exit, platform, version } from "node:process";
import { fileURLToPath } from "node:url";
import { installLocked } from "./install-locked.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = version.startsWith("v24.") ? "20" : "24";

/** The executable that an installed package has for this platform, or undefined. */
function executableIn(folder) {
  const modules = join(folder, "node_modules");
  const name = existsSync(modules) && readdirSync(modules).find((entry) => entry.startsWith("node-"));
  if (!name) return undefined;
  return join(modules, name, JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")).bin.node);
}

/** The other Node's executable. Throws an error whose message says why there is none. */
function findOther() {
  if (env.FOVEA_OTHER_NODE) return env.FOVEA_OTHER_NODE;
  const folder = join(root, "tools", `node-${wanted}`);
  const status = installLocked(folder, { verify: () => executableIn(folder) !== undefined });
  if (status !== 0) throw new Error(`npm ci ended with ${status}`);
  const path = executableIn(folder);
  if (!path) throw new Error(`npm has installed none for ${platform} on ${arch}`);
  const { stdout, error } = spawnSync(path, ["--version"], { encoding: "utf8" });
  if (!stdout?.startsWith(`v${wanted}.`)) throw new Error(`it does not start: ${error?.message ?? stdout}`);
  return path;
}

function surroundings() {
  try {
    return { FOVEA_OTHER_NODE: findOther() };
  } catch (error) {
    const reason = `Node ${wanted} cannot be had here: ${error.message}`;
    console.error(`Generated code is not tested on another engine: ${reason}`);
    if (env.FOVEA_ENGINES === "required") exit(1);
    return { FOVEA_OTHER_NODE_MISSING: reason };
  }
}

const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const { status, error } = spawnSync(execPath, [vitest, "run", ...argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env: { ...env, ...surroundings() },
});
if (error) throw error;
exit(status ?? 1);
