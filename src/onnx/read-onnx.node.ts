import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { FileError } from "../core/errors.ts";
import { readFile } from "../io/files.node.ts";
import type { ReadExternalData } from "./format/read-tensor.ts";
import { type OnnxFile, parseOnnx } from "./import/parse-onnx.ts";

/**
 * Reads an ONNX file, and the tensors that lie in files beside it, as PyTorch's exporter leaves them.
 *
 * @throws FileError if a file is missing, broken, or lies outside of the model's folder.
 */
export async function readOnnx(path: string): Promise<OnnxFile> {
  return parseOnnx(await readFile(path), path, { externalData: besides(path) });
}

/** Reads parts of files in the folder of a model, and below it. */
function besides(model: string): ReadExternalData {
  return (location, offset, length) => {
    const inner = normalize(location);
    if (isAbsolute(inner) || inner.split(/[\\/]/)[0] === "..") {
      throw new FileError(model, `has tensors in "${location}", which lies outside of its folder`);
    }
    const file = join(dirname(model), inner);
    const handle = open(file, model);
    try {
      const { size } = fstatSync(handle);
      const count = length ?? Math.max(0, size - offset);
      if (offset + count > size) {
        throw new FileError(
          file,
          `has ${size} bytes, but ${model} wants ${count} from byte ${offset} on`,
          size,
        );
      }
      const bytes = new Uint8Array(count);
      for (let read = 0; read < count; ) {
        // At most 2 GiB come at once.
        const got = readSync(handle, bytes, read, Math.min(count - read, 2 ** 30), offset + read);
        if (got === 0) throw new FileError(file, "became shorter while it was read", offset + read);
        read += got;
      }
      return bytes;
    } finally {
      closeSync(handle);
    }
  };
}

function open(file: string, model: string): number {
  try {
    return openSync(file, "r");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const problem = missing ? "does not exist" : (cause as Error).message;
    throw new FileError(file, `${problem}, but ${model} has tensors in it`, undefined, { cause });
  }
}
