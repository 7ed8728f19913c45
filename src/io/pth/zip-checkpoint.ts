import { FileError } from "../../core/errors.ts";
import { quoted } from "../byte-reader.ts";
import { readZip, type ZipEntry } from "../zip.ts";
import type { Checkpoint } from "./parse-pth.ts";
import { unpickle } from "./pickle-machine.ts";
import { TorchWorld } from "./torch-world.ts";

/** Reads the archive that torch.save writes since PyTorch 1.6: NAME/data.pkl, NAME/data/KEY and NAME/byteorder. */
export async function readZipCheckpoint(bytes: Uint8Array, file: string): Promise<Checkpoint> {
  const entries = new Map(readZip(bytes, file).map((entry) => [entry.name, entry]));
  const root = rootOf(entries, file);
  if (entries.has(`${root}constants.pkl`)) {
    throw new FileError(file, "is a TorchScript archive: save the module's state_dict() with torch.save", 0);
  }
  const world = new TorchWorld();
  const { value } = unpickle(
    await entries.get(`${root}data.pkl`)!.read(),
    `${file}/${root}data.pkl`,
    0,
    world,
  );

  const byteOrder = await entries.get(`${root}byteorder`)?.read();
  const order = byteOrder === undefined ? "little" : new TextDecoder().decode(byteOrder).trim();
  if (order !== "little" && order !== "big")
    throw new FileError(file, `the byte order is ${quoted(order)}`, 0);

  const contents = new Map<string, Uint8Array>();
  for (const storage of world.storages.values()) {
    const entry = entries.get(`${root}data/${storage.key}`);
    const what = `storage ${quoted(storage.key)}`;
    if (entry === undefined) throw new FileError(file, `${what} has no entry in the archive`, 0);
    if (entry.size !== storage.byteLength) {
      throw new FileError(
        file,
        `${what} takes ${storage.byteLength} bytes, but its entry has ${entry.size}`,
        0,
      );
    }
    contents.set(storage.key, await entry.read());
  }
  return { value, tensors: world.tensors, contents, littleEndian: order === "little" };
}

function rootOf(entries: ReadonlyMap<string, ZipEntry>, file: string): string {
  const roots = [...entries.keys()].flatMap((name) => /^([^/]+\/)data\.pkl$/.exec(name)?.[1] ?? []);
  if (roots.length !== 1) throw new FileError(file, "is a zip archive, but has no data.pkl of torch.save", 0);
  return roots[0]!;
}
