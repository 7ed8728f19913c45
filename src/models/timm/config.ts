import { FileError } from "../../core/errors.ts";
import { type Preprocessing, type PretrainedConfig, preprocessingOf } from "../../io/preprocessing.ts";
import { parseJsonObject, type WeightFile } from "../../io/weights/weight-files.ts";

/** What timm's config.json says about weights. */
export interface TimmConfig {
  readonly architecture: string;
  readonly numClasses: number;
  readonly inChannels: number | undefined;
  /** The names of the classes, where the file has them. */
  readonly labels: readonly string[] | undefined;
  readonly preprocessing: Preprocessing;
  /** The whole file. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** @throws FileError that names the field which is missing or cannot be. */
export function parseTimmConfig(source: WeightFile): TimmConfig {
  const json = parseJsonObject(source);
  const fail = (problem: string): FileError => new FileError(source.file, problem);
  const { architecture, label_names: labels } = json;
  if (typeof architecture !== "string") throw fail("names no architecture");
  const pretrained = objectIn(json, "pretrained_cfg") ?? json;
  const numClasses = json["num_classes"] ?? pretrained["num_classes"];
  if (!Number.isSafeInteger(numClasses) || (numClasses as number) < 0) throw fail("num_classes is no count");
  const args = objectIn(json, "model_args") ?? {};
  const others = Object.keys(args).filter((name) => !["in_chans", "num_classes"].includes(name));
  if (others.length > 0) throw fail(`model_args has ${others.join(", ")}, which makes another network`);
  try {
    return {
      architecture,
      numClasses: numClasses as number,
      inChannels: typeof args["in_chans"] === "number" ? args["in_chans"] : undefined,
      labels: isListOfText(labels) ? labels : undefined,
      preprocessing: preprocessingOf(pretrainedOf(pretrained, fail)),
      json,
    };
  } catch (error) {
    throw error instanceof FileError ? error : fail((error as Error).message);
  }
}

function pretrainedOf(
  json: Readonly<Record<string, unknown>>,
  fail: (problem: string) => FileError,
): PretrainedConfig {
  const lists = ["input_size", "test_input_size", "mean", "std"];
  const texts = ["interpolation", "crop_mode"];
  const numbers = ["crop_pct", "test_crop_pct"];
  const given = Object.entries(json).filter(([, value]) => value !== null);
  for (const [name, value] of given) {
    const fits =
      (!lists.includes(name) || (Array.isArray(value) && value.every((n) => typeof n === "number"))) &&
      (!texts.includes(name) || typeof value === "string") &&
      (!numbers.includes(name) || typeof value === "number");
    if (!fits) throw fail(`pretrained_cfg.${name} is ${JSON.stringify(value)}`);
  }
  return Object.fromEntries(given) as PretrainedConfig;
}

function objectIn(json: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> | undefined {
  const value = json[key];
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}

function isListOfText(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
