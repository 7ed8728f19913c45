import { FileError } from "../../core/errors.ts";
import { ByteReader, quoted } from "../byte-reader.ts";
import { takeU64 } from "../zip-end.ts";
import type { Checkpoint } from "./parse-pth.ts";
import { unpickle } from "./pickle-machine.ts";
import { typeName } from "./pickle-value.ts";
import { TorchWorld } from "./torch-world.ts";

/** What the first of the pickles in a file of torch.save before 1.6 holds. */
const magicNumber = 0x1950_a86a_20f9_469c_fc6cn;
const protocolVersion = 1001;

/** Five pickles (magic number, version, machine, content, keys of storages), then the storages' bytes. */
export function readLegacyCheckpoint(bytes: Uint8Array, file: string): Checkpoint {
  const world = new TorchWorld();
  const magic = unpickle(bytes, file, 0, world);
  if (magic.value !== magicNumber) {
    throw new FileError(
      file,
      "is a pickle, but not one of torch.save: its first value is not the magic number",
      0,
    );
  }
  const version = unpickle(bytes, file, magic.end, world);
  if (version.value !== protocolVersion) {
    throw new FileError(file, "is of another version of torch.save than 1001", magic.end);
  }
  const machine = unpickle(bytes, file, version.end, world);
  const content = unpickle(bytes, file, machine.end, world);
  const keys = unpickle(bytes, file, content.end, world);
  if (!Array.isArray(keys.value)) throw new FileError(file, "has no list of storages", content.end);

  const reader = new ByteReader(bytes, file, keys.end);
  const contents = new Map<string, Uint8Array>();
  for (const key of keys.value) {
    const storage = typeof key === "string" ? world.storages.get(key) : undefined;
    if (storage === undefined || contents.has(storage.key)) {
      throw new FileError(
        file,
        `${typeof key === "string" ? quoted(key) : typeName(key)} is no storage, or comes twice`,
        reader.offset,
      );
    }
    const what = `storage ${quoted(storage.key)}`;
    const at = reader.offset;
    const length = takeU64(reader, `${what}'s length`);
    if (length !== storage.length) {
      throw new FileError(file, `${what} has ${length} elements, but ${storage.length} are expected`, at);
    }
    contents.set(storage.key, reader.take(storage.byteLength, what));
  }
  return { value: content.value, tensors: world.tensors, contents, littleEndian: true };
}
