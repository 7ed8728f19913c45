import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transformWithOxc } from "vite";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const examples = readdirSync(`${root}examples`).filter((file) => file.endsWith(".ts"));
const built = existsSync(`${root}dist/index.js`);

/**
 * Runs an example as a program of its own, on the built package: its imports of "fovea" are resolved by the package's
 * exports. The types, which Node 20 cannot skip, are taken out first; `npm run types` checks them.
 */
async function runExample(file: string): Promise<{ status: number | null; output: string }> {
  const path = `${root}examples/${file}`;
  const { code } = await transformWithOxc(readFileSync(path, "utf8"), path);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-"], {
    cwd: root,
    input: code,
    encoding: "utf8",
    timeout: 55_000,
  });
  return { status, output: stdout + stderr };
}

describe.skipIf(!built)("examples (skipped where dist is missing: npm run build)", () => {
  test.each(examples)("%s holds what it asserts", async (file) => {
    const { status, output } = await runExample(file);
    expect(status, output).toBe(0);
    expect(output).not.toBe("");
  });
});

test.each(examples)("%s is short, and imports the package as a user does", (file) => {
  const source = readFileSync(`${root}examples/${file}`, "utf8");
  expect(source.split("\n").length - 1).toBeLessThan(60);
  const imported = [...source.matchAll(/from "([^"]+)"/g)].map((match) => match[1]!);
  expect(imported.filter((name) => !/^(fovea(\/[\w-]+)?|node:assert\/strict)$/.test(name))).toEqual([]);
});
