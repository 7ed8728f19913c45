import { spawnSync } from "node:child_process";
import { env, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import type { Settings } from "../harness/protocol.ts";

/** One line of the tables: a library in one setting, in a process of its own. */
export interface SideEntry {
  readonly name: string;
  readonly settings: Settings;
  /** Program and arguments, or why it cannot run on this machine. */
  command(): readonly string[] | { readonly skip: string };
  readonly environment?: Readonly<Record<string, string>>;
}

const hostOfModules = fileURLToPath(new URL("../harness/node-side.js", import.meta.url));

/** A side on Node, which a module of this folder exports by default. */
function onNode(module: string) {
  return () => [execPath, hostOfModules, new URL(`${module}.js`, import.meta.url).href];
}

/** `PYTHON`, or else python3, if it has torch. */
function pytorch(): readonly string[] | { readonly skip: string } {
  const python = env["PYTHON"] || "python3";
  const { status } = spawnSync(python, ["-c", "import torch"], { stdio: "ignore" });
  if (status !== 0) return { skip: `${python} has no torch (PYTHON=… names another)` };
  return [python, fileURLToPath(new URL("../../src/sides/pytorch.py", import.meta.url))];
}

/** The library itself: every other side is compared with these. */
export const ownSides: readonly SideEntry[] = [1, 2].map((threads) => ({
  name: "Fovea",
  settings: { threads },
  command: onNode("fovea"),
  environment: { FOVEA_THREADS: String(threads) },
}));

export const peers: readonly SideEntry[] = [
  { name: "PyTorch", settings: { threads: 1 }, command: pytorch },
  { name: "PyTorch", settings: { threads: 2 }, command: pytorch },
  { name: "jax-js", settings: { threads: 1 }, command: onNode("jax-js") },
  {
    name: "jax-js",
    settings: { threads: 2 },
    command: onNode("jax-js"),
    environment: { JAX_JS_THREADS: "2" },
  },
  { name: "tfjs wasm", settings: { threads: 1, backend: "wasm" }, command: onNode("tfjs") },
  { name: "tfjs cpu", settings: { threads: 1, backend: "cpu" }, command: onNode("tfjs") },
];
