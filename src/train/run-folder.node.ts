import { access, appendFile, mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ArgumentError, FileError } from "../core/errors.ts";
import { readFile, writeFileAtomic } from "../io/files.node.ts";
import { type Checkpoint, parseCheckpoint, serializeCheckpoint } from "./checkpoint.ts";
import type { MetricsLine, Run } from "./run.ts";

/** What a run was started with, as plain data. */
export type RunConfig = Readonly<Record<string, unknown>>;

const newline = 0x0a;

/**
 * A folder with `config.json`, `metrics.jsonl` (a JSON record a line, only ever appended to while a training runs) and
 * `checkpoint.safetensors`.
 *
 * A process may be killed at any moment: the checkpoint is always a whole one, and the lines that it counts are there.
 */
export class RunFolder implements Run {
  readonly path: string;
  readonly config: RunConfig;

  private constructor(path: string, config: RunConfig) {
    this.path = path;
    this.config = config;
  }

  /** Makes the folder. @throws ArgumentError if it holds a run already. */
  static async create(path: string, config: RunConfig): Promise<RunFolder> {
    await mkdir(path, { recursive: true });
    const run = new RunFolder(path, config);
    if (await exists(run.#configPath)) {
      throw new ArgumentError(`${path} holds a run already; open it to go on, or choose another folder`);
    }
    await writeFileAtomic(run.#configPath, new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`));
    return run;
  }

  /** Opens the run in a folder. @throws FileError if there is none. */
  static async open(path: string): Promise<RunFolder> {
    const file = join(path, "config.json");
    return new RunFolder(path, parseRecord(await readFile(file), file, 0));
  }

  async record(line: MetricsLine): Promise<void> {
    await appendFile(this.#metricsPath, `${JSON.stringify(line)}\n`);
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    const metrics = await open(this.#metricsPath, "a");
    try {
      await metrics.sync();
    } finally {
      await metrics.close();
    }
    await writeFileAtomic(this.#checkpointPath, serializeCheckpoint(checkpoint));
  }

  async checkpoint(): Promise<Checkpoint | undefined> {
    if (!(await exists(this.#checkpointPath))) return undefined;
    return parseCheckpoint(await readFile(this.#checkpointPath), this.#checkpointPath);
  }

  async startAt(count: number): Promise<void> {
    for (const name of await readdir(this.path)) {
      if (/^\.checkpoint\.safetensors\..+\.tmp$/.test(name)) await rm(join(this.path, name));
    }
    if (count === 0 && !(await exists(this.#metricsPath))) return;
    const bytes = await readFile(this.#metricsPath);
    let end = 0;
    for (let line = 0; line < count; line++) {
      end = bytes.indexOf(newline, end) + 1;
      if (end === 0) {
        throw new FileError(this.#metricsPath, `has ${line} whole lines, but the checkpoint counts ${count}`);
      }
    }
    const metrics = await open(this.#metricsPath, "r+");
    try {
      await metrics.truncate(end);
      await metrics.sync();
    } finally {
      await metrics.close();
    }
  }

  /** All whole lines; one that a kill left torn at the end is left out. */
  async lines(): Promise<MetricsLine[]> {
    if (!(await exists(this.#metricsPath))) return [];
    const bytes = await readFile(this.#metricsPath);
    const lines: MetricsLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      lines.push(parseRecord(bytes.subarray(start, end), this.#metricsPath, start) as MetricsLine);
      start = end + 1;
    }
    return lines;
  }

  get #configPath(): string {
    return join(this.path, "config.json");
  }

  get #metricsPath(): string {
    return join(this.path, "metrics.jsonl");
  }

  get #checkpointPath(): string {
    return join(this.path, "checkpoint.safetensors");
  }
}

function parseRecord(bytes: Uint8Array, file: string, offset: number): RunConfig {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FileError(file, "is no JSON", offset, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as RunConfig;
  throw new FileError(file, "is no JSON record", offset);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
