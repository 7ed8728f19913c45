import { spawnSync } from "node:child_process";
import { env, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import type { Settings } from "../harness/protocol.ts";

/** One line of the tables: a library in one setting, in a process of its own. */
export interface SideEntry {
  readonly name: string;
  readonly settings: Settings;
  /** What it can do; it is left out of other benchmarks. */
  readonly tasks: readonly string[];
  /** By task: modes of which the fastest on this machine is measured. */
  readonly modes?: Readonly<Record<string, readonly string[]>>;
  /** Program and arguments, or why it cannot run on this machine. */
  command(): readonly string[] | { readonly skip: string };
  readonly environment?: Readonly<Record<string, string>>;
  /** The variable of the environment that names a folder for compiled programs, if it can keep them there. */
  readonly cacheVariable?: string;
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
  return [python, fileURLToPath(new URL("../../src/sides/pytorch/main.py", import.meta.url))];
}

const lenet5 = ["lenet5-train", "lenet5-infer"];

/** The library itself: every other side is compared with these. */
export const ownSides: readonly SideEntry[] = [1, 2].map((threads) => ({
  name: "Fovea",
  settings: { threads },
  tasks: [...lenet5, "network-infer", "network-train"],
  command: onNode("fovea"),
  // Without a cache, whatever the environment says.
  environment: { FOVEA_THREADS: String(threads), FOVEA_CACHE: "" },
  cacheVariable: "FOVEA_CACHE",
}));

const pytorchModes = {
  "network-infer": [
    "eager",
    "eager, channels last",
    "jit.trace, frozen and optimized",
    "torch.compile, frozen, channels last",
  ],
  "network-train": ["eager", "eager, channels last"],
};

export const peers: readonly SideEntry[] = [
  ...[1, 2].map((threads) => ({
    name: "PyTorch",
    settings: { threads },
    tasks: [...lenet5, ...Object.keys(pytorchModes)],
    modes: pytorchModes,
    command: pytorch,
    environment: { PYTHONDONTWRITEBYTECODE: "1" },
  })),
  ...["onnxruntime-node", "onnxruntime-web"].flatMap((name) =>
    [1, 2].map((threads) => ({
      name,
      settings: { threads },
      tasks: ["network-infer"],
      command: onNode(name),
    })),
  ),
  ...[1, 2].map((threads) => ({
    name: "jax-js",
    settings: { threads },
    tasks: lenet5,
    command: onNode("jax-js"),
    environment: { JAX_JS_THREADS: String(threads) },
  })),
  ...["wasm", "cpu"].map((backend) => ({
    name: `tfjs ${backend}`,
    settings: { threads: 1, backend },
    tasks: lenet5,
    command: onNode("tfjs"),
  })),
];
