import { execFile } from "node:child_process";
import { execPath, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { analyses, network } from "./analyses.ts";

const script = fileURLToPath(new URL("run-analysis.js", import.meta.url));

export interface AnalysisTime {
  readonly analysis: string;
  readonly amount: string;
  readonly milliseconds: number;
  readonly peakBytes: number;
}

/** Times every analysis of one network, each in a process of its own, and prints a Markdown table. */
export async function benchAnalyses(): Promise<readonly AnalysisTime[]> {
  stdout.write(`\nAnalyses of ${network} at 224×224, random weights, first call, compilation included\n\n`);
  stdout.write("| analysis | of | s | peak memory, MB |\n| --- | --- | ---: | ---: |\n");
  const times: AnalysisTime[] = [];
  for (const [index, { name, amount }] of analyses.entries()) {
    stderr.write(`analyses, ${name}\n`);
    const output = await promisify(execFile)(execPath, [script, String(index)]);
    const { milliseconds, peakBytes } = JSON.parse(output.stdout) as Omit<AnalysisTime, "analysis">;
    times.push({ analysis: name, amount, milliseconds, peakBytes });
    const cells = [name, amount, (milliseconds / 1000).toPrecision(2), Math.round(peakBytes / 1e6)];
    stdout.write(`| ${cells.join(" | ")} |\n`);
  }
  return times;
}
