import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What each folder of src may import from, besides itself. A new folder needs a line here. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ops: ["core"],
  autograd: ["core", "ops"],
  compiler: ["core", "ops"],
  "backend/reference": ["core", "compiler"],
  "backend/wasm": ["core", "compiler"],
  io: ["core"],
  nn: ["core", "ops", "io"],
  equivariant: ["core", "ops", "compiler", "nn"],
  models: ["core", "ops", "compiler", "nn", "equivariant", "io"],
  data: ["core", "ops", "io"],
  train: ["core", "ops", "autograd", "compiler", "io", "nn", "data"],
  plot: ["core", "io"],
  analyze: ["core", "ops", "autograd", "compiler", "io", "nn", "equivariant", "data", "plot"],
  onnx: ["core", "ops", "nn", "io", "compiler"],
  lab: [
    "backend/wasm",
    "core",
    "ops",
    "autograd",
    "compiler",
    "io",
    "nn",
    "equivariant",
    "models",
    "data",
    "train",
    "analyze",
    "plot",
  ],
};

/** The folder with everything on it, and the entry points that only put the others together. */
const top = "cli";
const entries: readonly string[] = ["src/index.ts", "src/node.ts", "src/default-backend.ts"];

/** Files with more than 400 lines, and why. */
const long: Readonly<Record<string, string>> = {
  "src/backend/wasm/instructions.test.ts": "one table with a row for each instruction",
};

interface Import {
  readonly line: number;
  readonly target: string;
}

/** Imports and re-exports, also dynamic ones and those of types. */
function importsOf(source: string): Import[] {
  const pattern =
    /^(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|^import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;
  return [...source.matchAll(pattern)].map((match) => ({
    line: source.slice(0, match.index + match[0].length).split("\n").length,
    target: (match[1] ?? match[2] ?? match[3])!,
  }));
}

const isTest = (file: string): boolean => file.endsWith(".test.ts");
const isForNode = (file: string): boolean =>
  file.startsWith(`src/${top}/`) || file === "src/node.ts" || file.endsWith(".node.ts");

/** "core", "backend/wasm", …; `undefined` for files that lie in no folder of src. */
function folderOf(file: string): string | undefined {
  const [, first, second, ...rest] = file.split("/");
  if (second === undefined) return undefined;
  return first === "backend" && rest.length > 0 ? `${first}/${second}` : first;
}

/** The rule that an import breaks, in words. */
function brokenRule(file: string, target: string): string | undefined {
  if (isTest(file)) {
    if (!target.startsWith(".")) return undefined;
    const path = posix.join(posix.dirname(file), target);
    return /^(src|test)\//.test(path) ? undefined : "tests import from src and test only";
  }
  if (target === "#weights") {
    return folderOf(file) === "models" ? undefined : "#weights is for models only";
  }
  if (target === "#platform") {
    return folderOf(file) === "backend/wasm" ? undefined : "#platform is for backend/wasm only";
  }
  if (target.startsWith("node:")) {
    return isForNode(file) ? undefined : "node:* is for cli/, src/node.ts and *.node.ts only";
  }
  if (!target.startsWith(".")) {
    return folderOf(file) === top ? undefined : "the library has no runtime dependency";
  }
  if (!target.endsWith(".ts")) return "relative imports end in .ts";
  const path = posix.join(posix.dirname(file), target);
  if (!path.startsWith("src/")) return "src never imports studio, bench or test";
  if (isTest(path)) return "no source imports a test";
  if (path.endsWith(".node.ts") && !isForNode(file)) return "what runs in a browser never imports *.node.ts";
  const [from, to] = [folderOf(file), folderOf(path)];
  if (from === to && from !== undefined) return undefined;
  if (to === top) return "nothing imports cli";
  if (from === top || entries.includes(file)) return undefined;
  if (path === "src/default-backend.ts") {
    return posix.basename(file) === "index.ts" ? undefined : "only entry points choose the backend";
  }
  if (to === undefined) return "only cli imports entry points";
  const allowed = from === undefined ? undefined : mayImport[from];
  if (!allowed) return `no rule says what ${from ?? file} may import: see mayImport`;
  if (allowed.includes(to)) return undefined;
  return `${from} imports only ${allowed.length > 0 ? allowed.join(", ") : "nothing of ours"}`;
}

function violationsOf(file: string, source: string): string[] {
  return importsOf(source).flatMap(({ line, target }) => {
    const rule = brokenRule(file, target);
    return rule === undefined ? [] : [`${file}:${line}: imports "${target}", but ${rule}`];
  });
}

/** The TypeScript files in a folder, those of hidden folders left out. */
function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => `${folder}/${file.split("\\").join("/")}`)
    .filter((file) => file.endsWith(".ts") && !file.includes("/."))
    .sort();
}
const read = (file: string): string => readFileSync(join(root, file), "utf8");

const sources = filesIn("src");
const all = [...sources, ...filesIn("test"), ...filesIn("examples")];

describe("the folders' order", () => {
  test("every import of src keeps to it", () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.flatMap((file) => violationsOf(file, read(file)))).toEqual([]);
  });

  test.each([
    ["src/core/a.ts", 'import { add } from "../ops/arithmetic.ts";', "core imports only nothing of ours"],
    ["src/ops/a.ts", 'export * from "../autograd/index.ts";', "ops imports only core"],
    [
      "src/compiler/a.ts",
      'import type { Gradients } from "../autograd/grad.ts";',
      "compiler imports only core, ops",
    ],
    [
      "src/backend/wasm/a.ts",
      'import "../reference/reference.ts";',
      "backend/wasm imports only core, compiler",
    ],
    [
      "src/backend/wasm/codegen/a.ts",
      'import "../../../nn/linear.ts";',
      "backend/wasm imports only core, compiler",
    ],
    ["src/models/a.ts", 'import { digits } from "../data/digits.ts";', "models imports only"],
    ["src/models/a.ts", 'import {\n  fit,\n} from "../train/fit.ts";', "src/models/a.ts:3"],
    ["src/nn/a.ts", 'import { compile } from "../index.ts";', "only cli imports entry points"],
    ["src/train/a.ts", 'const x = await import("../cli/main.ts");', "nothing imports cli"],
    ["src/train/a.ts", 'import { open } from "node:fs";', "node:* is for"],
    ["src/train/a.ts", 'import { RunFolder } from "./run-folder.node.ts";', "never imports *.node.ts"],
    ["src/index.ts", 'export * from "./io/files.node.ts";', "never imports *.node.ts"],
    ["src/io/a.ts", 'import { availableThreads } from "#platform";', "#platform is for backend/wasm only"],
    ["src/nn/a.ts", 'import { fetchWeights } from "#weights";', "#weights is for models only"],
    ["src/io/a.node.ts", 'import sharp from "sharp";', "no runtime dependency"],
    [
      "src/io/a.ts",
      'import { slow } from "../../test/agreement.ts";',
      "src never imports studio, bench or test",
    ],
    ["src/io/a.test.ts", 'import { run } from "../../bench/run.ts";', "tests import from src and test only"],
    ["src/io/a.ts", 'import { b } from "./b.js";', "relative imports end in .ts"],
    ["src/new/a.ts", 'import { b } from "../core/b.ts";', "no rule says what new may import"],
  ])("a wrong import in %s is found: %s", (file, source, rule) => {
    const [violation, ...others] = violationsOf(file, source);
    expect(others).toEqual([]);
    expect(violation).toContain(file);
    expect(violation).toContain(rule);
  });
});

describe("files", () => {
  test("the page's own objects are used in *.web.ts only", () => {
    const found = sources
      .filter((file) => !isTest(file) && !file.endsWith(".web.ts"))
      .filter((file) => /\b(document|navigator|localStorage)\.\w/.test(read(file)));
    expect(found).toEqual([]);
  });

  test("names are kebab-case", () => {
    const name = /^[a-z0-9]+(-[a-z0-9]+)*(\.(node|web))?(\.test)?\.ts$/;
    expect(all.filter((file) => !name.test(posix.basename(file)))).toEqual([]);
  });

  test("more than 400 lines need a reason", () => {
    const lines = new Map(all.map((file) => [file, read(file).split("\n").length - 1]));
    const tooLong = [...lines].filter(([file, count]) => count > 400 && !(file in long));
    expect(tooLong.map(([file, count]) => `${file} has ${count} lines`)).toEqual([]);
    // A reason that is not needed any more goes.
    expect(Object.keys(long).filter((file) => !(lines.get(file)! > 400))).toEqual([]);
  });

  test("index.ts files only re-export", () => {
    const others = new Map([["src/compiler/lower/index.ts", "puts the tables together"]]);
    const indexes = sources.filter((file) => posix.basename(file) === "index.ts" && !others.has(file));
    const statement =
      /^export (type )?(\*( as \w+)?|\{[^}]*\}) from "[^"]+";$|^import "(\.|\.\.)\/default-backend\.ts";$/gm;
    expect(indexes.filter((file) => read(file).replace(statement, "").trim() !== "")).toEqual([]);
  });
});
