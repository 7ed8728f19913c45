import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { reference } from "../src/backend/reference/reference.ts";
import { wasm } from "../src/backend/wasm/wasm.ts";
import type { Backend } from "../src/core/backend.ts";
import { isFloating } from "../src/core/dtype.ts";
import { type Tensor, tensor } from "../src/core/tensor.ts";
import { toFloat32 } from "../src/io/to-float32.ts";
import { decodeMessage } from "../src/onnx/format/codec.ts";
import { isReal, type OnnxType } from "../src/onnx/format/data-types.ts";
import { type OnnxTensor, readTensor } from "../src/onnx/format/read-tensor.ts";
import { computeType } from "../src/onnx/import/value.ts";
import { OnnxError, type OnnxFile, OnnxModel, parseOnnx } from "../src/onnx/index.ts";
import type { Tolerance } from "./tolerance.ts";

/** The conformance cases of the ONNX project, where there are any. */
export const onnxData: string = join(process.env["FOVEA_SHARED"] ?? "../shared", "data/onnx");

const groups = ["node", "simple", "pytorch-converted", "pytorch-operator"];

export interface OnnxCase {
  /** Such as "node/test_abs". */
  readonly name: string;
  readonly folder: string;
}

export function onnxCases(): OnnxCase[] {
  return groups
    .filter((group) => existsSync(join(onnxData, group)))
    .flatMap((group) => readdirSync(join(onnxData, group)).map((name) => `${group}/${name}`))
    .map((name) => ({ name, folder: join(onnxData, name) }));
}

/** A case's model applied to its inputs: what must come out, and the tensors that promise it. */
export interface OnnxRun {
  /** The reference where a case has float64 numbers that float32 has not, and WebAssembly for all others. */
  readonly backend: Backend;
  readonly outputs: readonly { readonly expected: OnnxTensor; readonly actual: Tensor }[];
}

export function readTensorFile(path: string): OnnxTensor {
  return readTensor(decodeMessage("Tensor", readFileSync(path), path), { file: path });
}

export function parseCase({ folder }: OnnxCase): OnnxFile {
  const path = join(folder, "model.onnx");
  return parseOnnx(readFileSync(path), path);
}

/** The operators in a case's graphs, those of other domains with the domain in front. */
export function operatorsOf({ graph }: Pick<OnnxFile, "graph">): Set<string> {
  const names = new Set<string>();
  for (const { domain, opType, attributes } of graph.nodes) {
    names.add(domain === "" ? opType : `${domain}.${opType}`);
    for (const { kind, value } of attributes.values()) {
      if (kind === "graph") for (const name of operatorsOf({ graph: value })) names.add(name);
    }
  }
  return names;
}

/** Builds the graphs of all of a case's data sets; nothing is computed yet. */
export function runCase({ folder }: OnnxCase, file: OnnxFile): OnnxRun {
  const model = new OnnxModel(file);
  const sets = readdirSync(folder).filter((name) => name.startsWith("test_data_set"));
  const data = sets.map((set) => {
    const read = (kind: string): OnnxTensor[] => {
      const files = readdirSync(join(folder, set)).filter((name) => name.startsWith(kind));
      return files.map((_, i) => readTensorFile(join(folder, set, `${kind}_${i}.pb`)));
    };
    return { given: read("input"), expected: read("output") };
  });
  const exact = data.some(({ given, expected }) => [...given, ...expected].some(isBeyondFloat32));
  const outputs = data.flatMap(({ given, expected }) => {
    const inputs = model.inputs.map(({ name }, i) => [name, toTensor(given[i]!, exact)] as const);
    const results = model.run(Object.fromEntries(inputs));
    return expected.map((each, i) => ({ expected: each, actual: results[model.outputs[i]!.name]! }));
  });
  return { backend: exact ? reference : wasm, outputs };
}

function isBeyondFloat32({ type, data }: OnnxTensor): boolean {
  if (type !== "float64") return false;
  return (data!.data as Float64Array).some(
    (value) => Number.isFinite(value) && !Number.isFinite(Math.fround(value)),
  );
}

/** @param exact whether float64 stays what it is. */
function toTensor(host: OnnxTensor, exact: boolean): Tensor {
  const dtype = exact && host.type === "float64" ? "float64" : computeType(host.type);
  if (!dtype || !host.data) {
    const place = { file: "model.onnx", opType: "input", node: host.name };
    throw new OnnxError(place, `elements of type ${host.type} are not supported`);
  }
  return tensor(numbersIn(host), { shape: host.shape, dtype });
}

export function numbersIn({ type, data }: OnnxTensor): Float32Array | Float64Array {
  if (type === "float64") return data!.data as Float64Array;
  if (isReal(type)) return toFloat32(data!);
  return Float64Array.from(data!.data as ArrayLike<number>, Number);
}

/** How far results may be off: whole numbers not at all, half precision by one unit in its last place. */
export function toleranceOf(type: OnnxType): Tolerance {
  if (!isReal(type)) return { relative: 0, absolute: 0 };
  if (type === "float16") return { relative: 1e-3, absolute: 1e-6 };
  return type === "bfloat16" ? { relative: 8e-3, absolute: 1e-6 } : { relative: 1e-5, absolute: 1e-6 };
}

export function sameKind(expected: OnnxTensor, actual: Tensor): boolean {
  return isFloating(actual.dtype) === isReal(expected.type);
}
