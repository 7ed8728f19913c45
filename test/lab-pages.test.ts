import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { experiments } from "../src/lab/experiments.ts";

const folder = join(import.meta.dirname, "../docs/lab");
const index = readFileSync(join(folder, "README.md"), "utf8");
const pages = readdirSync(folder, { withFileTypes: true }).flatMap((each) =>
  each.isDirectory() ? [each.name] : [],
);

test("the index has the pages that there are", () => {
  const linked = [...index.matchAll(/\]\(([\w-]+)\/README\.md\)/g)].map((match) => match[1]!);
  expect(linked.sort()).toEqual(pages.sort());
});

describe.each(pages)("the page of %s", (name) => {
  const page = readFileSync(join(folder, name, "README.md"), "utf8");

  test("is that of an experiment as it is now", () => {
    const experiment = experiments.find((each) => each.name === name);
    expect(page).toContain(`# ${experiment?.title}\n\n${experiment?.claim}\n`);
    expect(page).not.toContain("measures nothing");
  });

  test("has its pictures and numbers beside it", () => {
    for (const [, file] of page.matchAll(/\]\(([\w.-]+)\)/g)) {
      expect(existsSync(join(folder, name, file!)), file).toBe(true);
    }
    const { experiment, verdicts } = JSON.parse(readFileSync(join(folder, name, "results.json"), "utf8"));
    expect(experiment).toBe(name);
    for (const { statement, holds } of verdicts) {
      expect(page).toContain(`**${holds ? "holds" : "does not hold"}**: ${statement}`);
    }
  });
});
