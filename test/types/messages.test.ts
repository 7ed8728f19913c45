import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { check, type Diagnostic } from "./tsc.ts";

// The folder's name starts with a dot so that the main project, which must compile, does not include it.
const fixtures = fileURLToPath(new URL(".fixtures/", import.meta.url));

describe("shape types", () => {
  const { diagnostics } = check(fixtures);
  const inFile = (name: string): readonly Diagnostic[] =>
    diagnostics.filter(({ file }) => file.endsWith(`test/types/.fixtures/${name}`));

  test.each(readdirSync(fixtures).filter((name) => name.endsWith(".ts") && name !== "wrong.ts"))(
    "%s compiles",
    (name) => {
      expect(inFile(name)).toEqual([]);
    },
  );

  test("wrong.ts has each error at the place and in the words that its comments say", () => {
    const expected = expectations(readFileSync(`${fixtures}wrong.ts`, "utf8"));
    expect(expected.length).toBeGreaterThan(30);
    expect(inFile("wrong.ts").map(spoken)).toEqual(expected);
  });
});

/** `line:column message` of every expectation; which place one means is said in the fixture. */
function expectations(source: string): string[] {
  const lines = source.split("\n");
  return lines.flatMap((line, index) => {
    const below = /^\s*\/\/ (✗.+)$/.exec(line)?.[1];
    if (below !== undefined) return [`${index + 2}:${lines[index + 1]!.search(/\S/) + 1} ${below}`];
    const above = /^(\/\/ *)\^ (.+)$/.exec(line);
    if (above !== null) return [`${index}:${above[1]!.length + 1} ${above[2]}`];
    return [];
  });
}

/** The diagnostic in the form of an expectation, reduced to the shape rule's message where it shows one. */
function spoken({ line, column, message }: Diagnostic): string {
  const literal = /type '("✗.*")'\.$/.exec(message)?.[1];
  return `${line}:${column} ${literal === undefined ? message : JSON.parse(literal)}`;
}
