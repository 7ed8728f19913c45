import { FileError } from "../../core/errors.ts";
import { quoted } from "../byte-reader.ts";
import type { HostTensor } from "../host-tensor.ts";
import { parsePth } from "../pth/parse-pth.ts";
import { parseSafetensors } from "../safetensors.ts";
import type { WeightFile } from "./weight-files.ts";

/**
 * The tensors of safetensors files and PyTorch checkpoints, told apart by their content; several files are the parts
 * of one state dict.
 *
 * @throws FileError if a file is damaged, or two have a tensor of the same name.
 */
export async function parseWeights(files: readonly WeightFile[]): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const { file, bytes } of files) {
    const read = isSafetensors(bytes) ? parseSafetensors(bytes, file) : await parsePth(bytes, file);
    for (const [name, tensor] of read.tensors) {
      if (tensors.has(name)) throw new FileError(file, `has a tensor ${quoted(name)}, as another file does`);
      tensors.set(name, tensor);
    }
  }
  return tensors;
}

/** A JSON header begins at byte 8, and no header is 4 GiB long. */
function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7b && bytes.subarray(4, 8).every((byte) => byte === 0);
}
