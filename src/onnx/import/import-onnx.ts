import { OnnxModel } from "./onnx-model.ts";
import { type OnnxFile, type ParseOnnxOptions, parseOnnx } from "./parse-onnx.ts";

export interface ImportOnnxOptions extends ParseOnnxOptions {
  /** What errors call the file; default "model.onnx". */
  readonly name?: string;
}

/**
 * Makes a module of an ONNX file, or of what {@link parseOnnx} read from one.
 *
 * @throws FileError for a file that is broken or no ONNX. Operators that are not supported are found when it is run.
 */
export function importOnnx(source: Uint8Array | OnnxFile, options: ImportOnnxOptions = {}): OnnxModel {
  const file = source instanceof Uint8Array ? parseOnnx(source, options.name, options) : source;
  return new OnnxModel(file);
}
