import { execFileSync } from "node:child_process";
import type { TestProjectInlineConfiguration } from "vitest/config";
import { poolOn } from "./node-worker.ts";
import { environments, type Path, pathsOf } from "./paths.ts";

/** Tests of what is computed on the backend that is there without options: on each path. */
const results = ["test/engines/engines.test.ts", "test/goldens.test.ts", "test/determinism.test.ts"];
/** Tests on backends of their own, one of which takes the plain path whatever there is: not on that path again. */
const kernels = [
  "test/conformance.test.ts",
  "test/fourier.test.ts",
  "test/random-programs.test.ts",
  "test/training-kernels.test.ts",
  "test/winograd.test.ts",
];
/** Tests of special kernels, and of what is made of the engine itself: once on an engine. */
const engine = [
  "src/backend/wasm/**/*.test.ts",
  "test/broken-programs.test.ts",
  "test/concats.test.ts",
  "test/fusion.test.ts",
  "test/large-kernels.test.ts",
  "test/loop-blocks.test.ts",
  "test/unusual-operands.test.ts",
];

/** What a path is tested by: nothing that other paths of this Node have been tested by already. */
function filesFor(path: Path, isFirst: boolean): string[] {
  if (isFirst) return [...results, ...kernels, ...engine];
  return path === "plain" ? results : [...results, ...kernels];
}

type Pool = NonNullable<NonNullable<TestProjectInlineConfiguration["test"]>["pool"]>;

function project(version: string, path: Path, include: string[], pool: Pool): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name: `node ${version.split(".")[0]} ${path}`,
      include,
      pool,
      env: { ...environments[path], FOVEA_BRIEF: "1", FOVEA_EXPECTED_NODE: version },
      // Most kernels of tests run once, and only the optimizing compiler joins vectors into wider ones.
      execArgv: ["--no-liftoff"],
    },
  };
}

/** All tests as they are, then each path of this Node and of another one, given by its executable. */
export function engineProjects(
  include: string[],
  other: string | undefined,
): TestProjectInlineConfiguration[] {
  const { node, v8 } = process.versions;
  const [first, ...lesser] = pathsOf(v8);
  const name = `node ${node.split(".")[0]} ${first}, all tests`;
  const own = lesser.map((path) => project(node, path, filesFor(path, false), "forks"));
  return [{ extends: true, test: { name, include } }, ...own, ...(other ? projectsOn(other) : [])];
}

function projectsOn(executable: string): TestProjectInlineConfiguration[] {
  const print = ["--print", "JSON.stringify(process.versions)"];
  const { node, v8 } = JSON.parse(
    execFileSync(executable, print, { encoding: "utf8" }),
  ) as NodeJS.ProcessVersions;
  return pathsOf(v8!).map((path, i) => project(node!, path, filesFor(path, i === 0), poolOn(executable)));
}
