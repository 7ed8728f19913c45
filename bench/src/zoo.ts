import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { listModels, type ModelEntry } from "../../dist/models/index.js";

const cli = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** A network of the registry, alone in its process. */
export interface ZooTime {
  readonly model: string;
  /** [1, channels, height, width] without the 1. */
  readonly input: readonly number[];
  readonly threads: number;
  readonly parameters: number;
  readonly macs: number;
  /** Of one input, by the number of runs that take a second. */
  readonly medianMs: number;
  readonly minMs: number;
}

/** Times every network of the registry at batch 1, each in a process of its own, and prints a Markdown table. */
export async function benchZoo(): Promise<readonly ZooTime[]> {
  stdout.write("\nEvery network of the registry, evaluation mode, batch 1, random weights\n\n");
  stdout.write("| network | year | input | parameters | MACs | ms, median (least) | GMAC/s |\n");
  stdout.write("| --- | --- | --- | --- | --- | --- | --- |\n");
  const times: ZooTime[] = [];
  const byYear = listModels().sort((a, b) => a.year - b.year);
  for (const entry of byYear) {
    stderr.write(`zoo, ${entry.name}\n`);
    const time = await timeOf(entry);
    times.push(time);
    const { model, input, parameters, macs, medianMs, minMs } = time;
    const cells = [
      model,
      entry.year,
      input.join("×"),
      parameters.toLocaleString("en"),
      macs.toLocaleString("en"),
      `${medianMs.toPrecision(3)} (${minMs.toPrecision(3)})`,
      (macs / medianMs / 1e6).toPrecision(3),
    ];
    stdout.write(`| ${cells.join(" | ")} |\n`);
  }
  return times;
}

async function timeOf({ name, parameters, macs }: ModelEntry): Promise<ZooTime> {
  const folder = mkdtempSync(join(tmpdir(), "fovea-zoo-"));
  try {
    const file = join(folder, "times.json");
    await promisify(execFile)(execPath, [cli, "bench", name, "--kernels", "0", "--json", file]);
    const { input, threads, medianMs, minMs } = JSON.parse(readFileSync(file, "utf8")) as ZooTime;
    return { model: name, input, threads, parameters, macs, medianMs, minMs };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
