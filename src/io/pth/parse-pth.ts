import { FileError } from "../../core/errors.ts";
import { hasSignature, quoted } from "../byte-reader.ts";
import { type HostTensor, storedBytesPerElement } from "../host-tensor.ts";
import { findState } from "./find-state.ts";
import { readLegacyCheckpoint } from "./legacy-checkpoint.ts";
import type { PickleValue } from "./pickle-value.ts";
import { aligned, fillStrided } from "./strided-tensor.ts";
import type { StridedTensor } from "./torch-world.ts";
import { readZipCheckpoint } from "./zip-checkpoint.ts";

/** What a PyTorch checkpoint holds. */
export interface PthFile {
  /** The state dict; `module.`, which DataParallel puts in front of every name, is taken away. */
  readonly tensors: Map<string, HostTensor>;
  /** What else was saved, such as the epoch, as plain data. */
  readonly metadata: Map<string, PickleValue>;
}

/** A checkpoint whose tensors still lie in their storages. */
export interface Checkpoint {
  readonly value: PickleValue;
  readonly tensors: readonly StridedTensor[];
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly littleEndian: boolean;
}

/** The copies that strided tensors may take, in sizes of their file. */
const copiesPerFile = 4;

/**
 * Reads a checkpoint of PyTorch's torch.save: the zip archive since 1.6, or the row of pickles before it.
 *
 * A state dict is expected, alone or under a usual key such as `state_dict` or `model`. The pickle's instructions work
 * on plain data and refer to a fixed list of names; nothing in the file is executed. Tensors are views onto `bytes`
 * where they lie row-major and aligned, otherwise copies.
 *
 * @throws FileError, with the tensor or the byte, if the file is damaged, refers to anything else, or holds no state
 * dict.
 */
export async function parsePth(bytes: Uint8Array, file: string): Promise<PthFile> {
  const checkpoint = await read(bytes, file);
  let state: PthFile;
  try {
    state = findState(checkpoint.value);
  } catch (error) {
    throw new FileError(file, (error as Error).message, 0);
  }
  const contents = alignedContents(checkpoint);
  const names = new Map([...state.tensors].map(([name, tensor]) => [tensor, name]));
  const budget = { bytes: copiesPerFile * bytes.length };
  for (const tensor of checkpoint.tensors) {
    const name = names.get(tensor.host);
    try {
      const content = contents.get(tensor.storage.key);
      if (content === undefined)
        throw new Error(`the storage ${quoted(tensor.storage.key)} is not in the file`);
      fillStrided(tensor, content, checkpoint.littleEndian, budget);
    } catch (error) {
      const which = name === undefined ? "a tensor outside the state dict" : `tensor ${quoted(name)}`;
      throw new FileError(file, `${which}: ${(error as Error).message}`, 0);
    }
  }
  return state;
}

/** Storages in which every element is aligned, so that views suffice however many tensors share one. */
function alignedContents({ contents, tensors }: Checkpoint): Map<string, Uint8Array> {
  const result = new Map(contents);
  for (const { host, storage } of tensors) {
    const content = result.get(storage.key);
    if (content) result.set(storage.key, aligned(content, storedBytesPerElement(host.dtype)));
  }
  return result;
}

async function read(bytes: Uint8Array, file: string): Promise<Checkpoint> {
  if (hasSignature(bytes, [0x50, 0x4b])) return readZipCheckpoint(bytes, file);
  if (hasSignature(bytes, [0x75, 0x73, 0x74, 0x61, 0x72], 257)) {
    throw new FileError(
      file,
      "is a tar archive as torch.save wrote them before PyTorch 0.1.10: save it anew",
      0,
    );
  }
  if (bytes[0] !== 0x80 && bytes[0] !== 0x4c)
    throw new FileError(file, "not a PyTorch checkpoint: neither a zip archive nor a pickle", 0);
  return readLegacyCheckpoint(bytes, file);
}
