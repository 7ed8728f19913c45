import { describe, expect, test } from "vitest";
import type { Experiment } from "./experiment.ts";
import type { Report } from "./report.ts";
import { isNumeric, type RunFacts, reportMarkdown } from "./report-markdown.ts";

const report: Report = {
  summary: "Wide is wide.",
  verdicts: [
    { statement: "Wide is wider than narrow", holds: true, found: "4 > 3" },
    { statement: "Narrow is wide", holds: false, found: "3 < 4" },
  ],
  tables: [
    {
      title: "Widths",
      head: ["name", "width", "share"],
      rows: [
        ["a|b", "1,234", "97.1 ± 0.3 %"],
        ["c", "–", "5 %"],
      ],
      note: "In pixels.",
    },
  ],
  pictures: [
    { name: "curve", caption: "A [curve]", svg: "<svg/>" },
    { name: "map", caption: "A map", png: new Uint8Array(1) },
  ],
  data: { width: 4 },
};
const experiment: Experiment = {
  name: "width",
  title: "Width",
  claim: "Wide networks are wide.",
  run: async () => report,
};
const facts: RunFacts = {
  command: "fovea lab width --seed 3",
  seed: 3,
  seeds: 2,
  quick: false,
  data: "mnist",
  machine: "1 of 2 threads of a machine",
  seconds: 75,
};

describe("reportMarkdown", () => {
  test("has everything that was found", () => {
    expect(reportMarkdown(experiment, report, facts)).toBe(
      [
        "# Width",
        "",
        "Wide networks are wide.",
        "",
        "```sh\nfovea lab width --seed 3\n```",
        "",
        "Data: mnist. Seeds 3 to 4. 1 min 15 s on 1 of 2 threads of a machine.",
        "",
        "## Found",
        "",
        "Wide is wide.",
        "",
        "- **holds**: Wide is wider than narrow (4 > 3)",
        "- **does not hold**: Narrow is wide (3 < 4)",
        "",
        "![A \\[curve\\]](curve.svg)",
        "",
        "*A [curve]*",
        "",
        "![A map](map.png)",
        "",
        "*A map*",
        "",
        "## Widths",
        "",
        "In pixels.",
        "",
        "| name | width | share |",
        "| --- | ---: | ---: |",
        "| a\\|b | 1,234 | 97.1 ± 0.3 % |",
        "| c | – | 5 % |",
        "",
        "All numbers are in [results.json](results.json).",
        "",
      ].join("\n"),
    );
  });

  test("says so where a run measured nothing", () => {
    expect(reportMarkdown(experiment, report, { ...facts, quick: true })).toContain("measures nothing");
  });
});

test.each([
  ["12", true],
  ["−0.5", true],
  ["1,234", true],
  ["97.12 ± 0.31 %", true],
  ["3.2 ms", true],
  ["1.81 G", true],
  ["", true],
  ["conv1", false],
  ["3×3 kernel", false],
  ["1×28×28", false],
])("a column of %j stands at the right: %j", (cell, expected) => {
  expect(isNumeric(cell)).toBe(expected);
});
