// node run-seed.js SEED: one training in a process of its own, where nothing is compiled or warm; prints it as JSON.

import { existsSync } from "node:fs";
import process, { argv, env, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { mnist } from "../../../dist/node.js";
import { reach } from "./reach.ts";

/** Data beside the repository, where the environment does not say where it is. */
function besideRepository(): { dir?: string } {
  if (env["FOVEA_DATA"]) return {};
  const shared = env["FOVEA_SHARED"] ?? fileURLToPath(new URL("../../../../shared", import.meta.url));
  const dir = `${shared}/data/mnist`;
  return existsSync(dir) ? { dir } : {};
}

const data = await mnist(besideRepository());
stdout.write(`${JSON.stringify(await reach(data, Number(argv[2])))}\n`);
process.exit();
