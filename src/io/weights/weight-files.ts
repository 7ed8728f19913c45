import { FileError } from "../../core/errors.ts";
import type { HubOptions } from "../hub/hub-options.ts";

/** A file's content, and the name that errors give it. */
export interface WeightFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** What a source of weights holds. */
export interface WeightFiles {
  /** config.json, where there is one. */
  readonly config: WeightFile | undefined;
  readonly weights: readonly WeightFile[];
}

/** What weights are asked for with; `#weights` is this in Node (`weights.node.ts`) or a browser (`weights.web.ts`). */
export interface WeightsPlatform {
  /**
   * Reads the files of a source: a repository of the hub ("owner/name"), an address or, in Node, a path.
   *
   * @throws FileError if it cannot be read, or has no weights.
   */
  fetchWeights(source: string, options?: HubOptions): Promise<WeightFiles>;
}

/** Reads one file of a repository; undefined if there is none such. */
export type ReadFile = (name: string) => Promise<WeightFile | undefined>;

/** The files that a repository or folder may hold its weights in: whole, in parts by an index, or as PyTorch's. */
export const weightFileNames = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
] as const;

/** The weights in a repository or folder: one file, or the parts that an index lists. @throws FileError without any. */
export async function readRepository(where: string, read: ReadFile): Promise<WeightFiles> {
  const config = await read("config.json");
  const [wholeName, indexName, checkpointName] = weightFileNames;
  const whole = await read(wholeName);
  if (whole !== undefined) return { config, weights: [whole] };
  const index = await read(indexName);
  if (index !== undefined) return { config, weights: await readParts(index, read) };
  const checkpoint = await read(checkpointName);
  if (checkpoint !== undefined) return { config, weights: [checkpoint] };
  throw new FileError(where, `has no ${wholeName}, ${indexName} or ${checkpointName}`);
}

async function readParts(index: WeightFile, read: ReadFile): Promise<WeightFile[]> {
  const { weight_map: map } = parseJsonObject(index);
  const names = typeof map === "object" && map !== null ? [...new Set(Object.values(map))] : [];
  if (names.length === 0) throw new FileError(index.file, "has no weight_map");
  const parts: WeightFile[] = [];
  for (const name of names) {
    if (typeof name !== "string" || !/^[\w-][\w.-]*$/.test(name)) {
      throw new FileError(index.file, `lists ${JSON.stringify(name)}, which is no file's name`);
    }
    const part = await read(name);
    if (part === undefined) throw new FileError(index.file, `lists ${name}, which is not there`);
    parts.push(part);
  }
  return parts;
}

/** @throws FileError if the file is no JSON object. */
export function parseJsonObject({ file, bytes }: WeightFile): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FileError(file, `is no JSON: ${(cause as Error).message}`, undefined, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FileError(file, "is no JSON object");
  }
  return value as Record<string, unknown>;
}

/** Whether a path or an address is called as files of weights alone are. */
export function isWeightFile(name: string): boolean {
  return /\.(safetensors|pth?|th|bin)$/i.test(name);
}

/** "timm/resnet50.a1_in1k", also as timm writes it with "hf-hub:" before it; undefined for what ends as a file does. */
export function repositoryOf(source: string): string | undefined {
  if (isWeightFile(source)) return undefined;
  return /^(?:hf[-_]hub:)?([\w-][\w.-]*\/[\w-][\w.-]*)$/.exec(source)?.[1];
}

export function isAddress(source: string): boolean {
  return /^https?:\/\//.test(source);
}

/** The digits of the SHA-256 in a name such as resnet50-0676ba61.pth. Source: torch.hub.load_state_dict_from_url. */
export function checksumInName(name: string): string | undefined {
  return /-([0-9a-f]{8,64})\.\w+$/.exec(name)?.[1];
}

export const pytorchEndpoint: string = "https://download.pytorch.org";
