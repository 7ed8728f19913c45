import { FileError } from "../core/errors.ts";
import { parseSafetensors, serializeSafetensors } from "../io/safetensors.ts";
import type { StateDict } from "../nn/state-dict.ts";
import type { Position } from "./position.ts";

/** All that a training needs to go on as if it had never stopped. */
export interface Checkpoint {
  readonly model: StateDict;
  readonly optimizer: StateDict;
  /** The states of the random-number generators. */
  readonly random: StateDict;
  readonly position: Position;
}

const parts = ["model", "optimizer", "random"] as const;
const format = "fovea-checkpoint-1";

/**
 * One safetensors file: tensors named `model.…`, `optimizer.…` and `random.…`, and the position as JSON in its metadata.
 *
 * Numbers in JSON keep all bits of a float64. Equal checkpoints have equal bytes.
 */
export function serializeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const tensors = parts.flatMap((part) =>
    [...checkpoint[part]].map(([name, value]) => [`${part}.${name}`, value] as const),
  );
  return serializeSafetensors(tensors, { format, position: JSON.stringify(checkpoint.position) });
}

/**
 * Reads what {@link serializeCheckpoint} wrote.
 *
 * @throws FileError if the file is no safetensors file, or one without a position of a training.
 */
export function parseCheckpoint(bytes: Uint8Array, file: string): Checkpoint {
  const { tensors, metadata } = parseSafetensors(bytes, file);
  if (metadata["format"] !== format) {
    throw new FileError(file, `is no checkpoint: its metadata has no format "${format}"`);
  }
  const dicts: Record<(typeof parts)[number], StateDict> = {
    model: new Map(),
    optimizer: new Map(),
    random: new Map(),
  };
  for (const [name, value] of tensors) {
    const part = parts.find((prefix) => name.startsWith(`${prefix}.`));
    if (!part) throw new FileError(file, `the tensor ${JSON.stringify(name)} is no part of a checkpoint`);
    dicts[part].set(name.slice(part.length + 1), value);
  }
  return { ...dicts, position: parsePosition(metadata["position"], file) };
}

function parsePosition(text: string | undefined, file: string): Position {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "");
  } catch (cause) {
    throw new FileError(file, "the position in the metadata is no JSON", undefined, { cause });
  }
  const problem = mismatch(value, positionForm, "position");
  if (problem) throw new FileError(file, problem);
  return value as Position;
}

/** What a value must look like: a test of a leaf, a record's fields, or an array of one form. */
type Form = ((value: unknown) => boolean) | { readonly [field: string]: Form } | readonly [Form];

const isNumber = (value: unknown): boolean => typeof value === "number";
const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const isText = (value: unknown): boolean => typeof value === "string";
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isNumbers = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.values(value).every(isNumber);
const isScores = (value: unknown): boolean => isNumbers(value) && "loss" in (value as object);

const totalsForm: Form = { samples: isCount, targets: isCount, loss: isNumber, metrics: isNumbers };

const positionForm: Form = {
  epoch: isCount,
  batch: isCount,
  step: isCount,
  lines: isCount,
  epochTotals: totalsForm,
  reportTotals: totalsForm,
  earlyStopping: {
    best: (value) => value === null || isNumber(value),
    bestEpoch: isCount,
    waited: isCount,
  },
  history: [
    {
      epoch: isCount,
      step: isCount,
      learningRate: isNumber,
      train: isScores,
      evaluation: (value) => value === undefined || isScores(value),
    },
  ],
  continuity: {
    metrics: isText,
    seed: isCount,
    samples: isCount,
    batchSize: isCount,
    accumulate: isCount,
    dropLast: isBoolean,
  },
};

/** Says which field is not what it must be. */
function mismatch(value: unknown, form: Form, path: string): string | undefined {
  if (typeof form === "function") return form(value) ? undefined : `${path} has no valid value`;
  if (isArrayForm(form)) {
    if (!Array.isArray(value)) return `${path} is no array`;
    return firstProblem(value.map((item, i) => () => mismatch(item, form[0], `${path}[${i}]`)));
  }
  if (typeof value !== "object" || value === null) return `${path} is no record`;
  const record = value as Readonly<Record<string, unknown>>;
  return firstProblem(
    Object.entries(form).map(
      ([field, inner]) =>
        () =>
          mismatch(record[field], inner, `${path}.${field}`),
    ),
  );
}

function isArrayForm(form: Form): form is readonly [Form] {
  return Array.isArray(form);
}

function firstProblem(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const problem = check();
    if (problem) return problem;
  }
  return undefined;
}
