import { FileError } from "../core/errors.ts";
import { quoted } from "./byte-reader.ts";
import type { HostTensor } from "./host-tensor.ts";
import { parseNpy, serializeNpy } from "./npy.ts";
import { readZip } from "./zip.ts";
import { writeZip } from "./zip-write.ts";

const extension = ".npy";

/**
 * Reads an archive of NumPy arrays, the format of numpy.savez and savez_compressed; names come without `.npy`.
 *
 * @throws FileError if the archive or an array in it is not valid; an array's error names the file as `a.npz/x.npy`
 * and counts bytes from the array's begin.
 */
export async function parseNpz(bytes: Uint8Array, file: string): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const entry of readZip(bytes, file)) {
    if (!entry.name.endsWith(extension)) throw new FileError(file, `${quoted(entry.name)} is no .npy array`);
    const name = entry.name.slice(0, -extension.length);
    tensors.set(name, parseNpy(await entry.read(), `${file}/${entry.name}`));
  }
  return tensors;
}

export interface NpzOptions {
  /** Deflate the arrays; default false, as in numpy.savez. */
  readonly compress?: boolean;
}

/**
 * Writes an archive of NumPy arrays.
 *
 * @throws ArgumentError for bfloat16, for a name that occurs twice, or over 4 GiB.
 * @throws ShapeError if an array does not fill its shape.
 */
export async function serializeNpz(
  tensors: Iterable<readonly [string, HostTensor]>,
  options: NpzOptions = {},
): Promise<Uint8Array> {
  const files = [...tensors].map(([name, tensor]) => [name + extension, serializeNpy(tensor)] as const);
  return writeZip(files, options.compress ?? false);
}
