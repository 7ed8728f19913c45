import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { exportPlain } from "../equivariant/export-plain.ts";
import { writeFileAtomic } from "../io/files.node.ts";
import { serializeSafetensors } from "../io/safetensors.ts";
import { findEntry } from "../models/registry.ts";
import type { Module } from "../nn/module.ts";
import { manualSeed } from "../nn/random.ts";
import { exportOnnx } from "../onnx/export/export-onnx.ts";
import type { Arguments } from "./arguments.ts";
import { type Command, defineCommand } from "./command.ts";
import { drawTable } from "./draw-table.ts";
import { formatScaled } from "./format.ts";
import { makeNamedModel, modelOptions, requireModel, whereModelsAre } from "./model-operand.ts";
import { flag, flagName, integer, text } from "./option.ts";
import { configName, loadTrained, openRun } from "./saved-run.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

const options = {
  onnx: text("FILE", "writes an ONNX model"),
  safetensors: text("FILE", "writes the parameters and running statistics by their names"),
  force: flag("writes over files that are there already"),
  batch: integer("images that the ONNX model takes at a time (default: any number)", {
    initial: undefined,
    least: 1,
    most: 65_536,
  }),
  opset: integer("version of ONNX's operators", { initial: 21, least: 18, most: 23 }),
  float16: flag("stores the weights of the ONNX model in half precision"),
  ...modelOptions,
  seed: integer("seed of a new network's weights", { initial: 0, least: 0 }),
} as const;

export const exportNetwork: Command = defineCommand({
  name: "export",
  summary: "Write a network for other programs, as ONNX or safetensors",
  details:
    "The network is that of a run of fovea train, with what it learned, or a new one with random weights. " +
    `Equivariant layers are written as the ordinary ones that compute the same. ${whereModelsAre}`,
  operands: { name: "RUN|MODEL", least: 1, most: 1 },
  options,
  examples: [
    "fovea export runs/mine --onnx digits.onnx",
    "fovea export lenet5 --onnx lenet5.onnx --safetensors lenet5.safetensors --seed 1",
    "fovea export batch-norm-net --input 3,64,64 --batch 8 --onnx net.onnx --force",
  ],
  run: runExport,
});

type ExportArguments = Arguments<typeof options>;

async function runExport(args: ExportArguments, terminal: Terminal): Promise<number> {
  const { onnx, safetensors, force } = args.values;
  if (onnx === undefined && safetensors === undefined) {
    throw new UsageError("there is nothing to write: give --onnx FILE, --safetensors FILE or both");
  }
  if (onnx === safetensors) throw new UsageError("--onnx and --safetensors name the same file");
  const files = [onnx, safetensors].filter((path) => path !== undefined);
  if (!force) for (const path of files) await refuseExisting(path);
  const source = plain(await openSource(args));
  const rows: string[][] = [];
  const write = async (path: string, what: string, bytes: Uint8Array): Promise<void> => {
    await writeFileAtomic(path, bytes);
    rows.push([path, what, formatScaled(bytes.length, "B")]);
  };
  if (onnx !== undefined) {
    const { batch, opset } = args.values;
    const images = batch === undefined ? "any number of images" : `${batch} at a time`;
    await write(onnx, `ONNX, opset ${opset}, ${images}`, await onnxModel(source, args));
  }
  if (safetensors !== undefined) {
    const state = await source.model.stateDict();
    await write(safetensors, `safetensors, ${state.size} tensors`, serializeSafetensors(state));
  }
  for (const line of drawTable(rows, ["left", "left", "right"])) terminal.line(line);
  return 0;
}

interface Source {
  readonly model: Module;
  /** Shape of one image. */
  readonly input: Shape;
  /** What a user of the ONNX model has to know. */
  readonly metadata: Readonly<Record<string, string>>;
}

function onnxModel({ model, input, metadata }: Source, { values }: ExportArguments): Promise<Uint8Array> {
  const { batch, opset, float16 } = values;
  return exportOnnx(model, [batch ?? 1, ...input], {
    opset,
    dynamicBatch: batch === undefined,
    weights: float16 ? "float16" : "float32",
    metadata,
  });
}

/** With ordinary layers in place of equivariant ones, which other programs do not know. */
function plain(source: Source): Source {
  return { ...source, model: exportPlain(source.model) };
}

async function openSource({ operands, values, given }: ExportArguments): Promise<Source> {
  const name = operands[0]!;
  if (findEntry(name) || !(await exists(join(name, configName)))) {
    requireModel(name, "RUN|MODEL", "the folder of a run or the name of a network");
    manualSeed(values.seed);
    return { ...makeNamedModel(name, values), metadata: { model: name } };
  }
  for (const option of ["input", "classes", "seed"] as const) {
    if (given.has(option)) throw new UsageError(`${flagName(option)} is for a new network: ${name} is a run`);
  }
  const run = await openRun(name);
  const { settings, images } = run;
  const { classes, normalization, photographs } = images;
  return {
    model: await loadTrained(run),
    input: images.shape,
    metadata: {
      model: settings.model,
      classes: JSON.stringify(classes),
      normalization: JSON.stringify(normalization),
      ...(photographs && { photographs: JSON.stringify(photographs) }),
    },
  };
}

/** @throws FileError for what would be written over. */
async function refuseExisting(path: string): Promise<void> {
  if (await exists(path)) throw new FileError(path, "exists already; --force writes over it");
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
