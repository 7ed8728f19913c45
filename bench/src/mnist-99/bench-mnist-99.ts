import { execFile } from "node:child_process";
import { execPath, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { showSummary, significant } from "../harness/report.ts";
import { summarize } from "../harness/statistics.ts";
import type { Reached } from "./reach.ts";
import { description, seeds, wantedAccuracy } from "./recipe.ts";

const script = fileURLToPath(new URL("run-seed.js", import.meta.url));

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** Measures how long the recipe takes from each seed, and prints it; gives what was measured. */
export async function benchMnist99(): Promise<readonly Reached[]> {
  stdout.write(
    `\nMNIST to ${percent(wantedAccuracy)} of the test images, from data in memory; ${description}\n\n`,
  );
  const results: Reached[] = [];
  for (const seed of seeds) {
    stderr.write(`mnist-99, seed ${seed}\n`);
    const { stdout: line } = await promisify(execFile)(execPath, [script, String(seed)]);
    results.push(JSON.parse(line) as Reached);
  }
  stdout.write(`${tableOfSeeds(results)}\n`);
  return results;
}

/** A Markdown table with a row for each seed, and a line that sums them up. */
export function tableOfSeeds(results: readonly Reached[]): string {
  const rows = results.map(({ seed, reached, seconds, epochs, steps, accuracies }) => [
    String(seed),
    reached ? seconds.toFixed(2) : `not reached in ${seconds.toFixed(2)}`,
    significant(epochs),
    steps.toLocaleString("en"),
    accuracies.map(percent).join(", "),
  ]);
  const head = ["seed", "seconds", "epochs", "steps", "accuracy on the test images, as looked at"];
  const lines = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`);
  const { length } = results.filter(({ reached }) => reached);
  const times = showSummary(summarize(results.map(({ seconds }) => seconds)));
  const passes = showSummary(summarize(results.map(({ epochs }) => epochs)));
  const parameters = results[0]!.parameters.toLocaleString("en");
  return (
    `${lines.join("\n")}\n\n` +
    `${length} of ${results.length} seeds; median (least to most): ${times} s, ${passes} epochs; ${parameters} parameters`
  );
}
