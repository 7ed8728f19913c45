import { writeZip } from "../src/io/zip-write.ts";
import { concat } from "./broken-files.ts";

/** Pieces of a pickle: a string stands for its instructions' characters, numbers for bytes. */
export type PicklePart = string | number | readonly PicklePart[];

/** A pickle of protocol 2 from its instructions, with the head and the end put on. */
export function pickle(...parts: readonly PicklePart[]): Uint8Array {
  return Uint8Array.from([[0x80, 2], bytes(parts), [0x2e]].flat());
}

function bytes(part: PicklePart): number[] {
  if (typeof part === "number") return [part];
  if (typeof part === "string") return Array.from(part, (character) => character.charCodeAt(0));
  return part.flatMap(bytes);
}

const uint32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

export const text = (value: string): PicklePart => {
  const utf8 = [...new TextEncoder().encode(value)];
  return ["X", uint32(utf8.length), utf8];
};
export const int = (value: number): PicklePart => ["J", uint32(value)];
export const global = (module: string, name: string): PicklePart => `c${module}\n${name}\n`;
export const tuple = (...items: readonly PicklePart[]): PicklePart => ["(", items, "t"];
export const call = (callee: PicklePart, ...args: readonly PicklePart[]): PicklePart => [
  callee,
  tuple(...args),
  "R",
];
export const dict = (items: Readonly<Record<string, PicklePart>>): PicklePart => [
  "}(",
  Object.entries(items).map(([key, value]) => [text(key), value]),
  "u",
];

export interface TensorPart {
  readonly type?: string;
  readonly key?: string;
  readonly length: number;
  readonly offset?: number;
  readonly size: readonly number[];
  readonly stride: readonly number[];
}

/** A tensor as torch.save describes it. */
export function tensorPart({
  type = "FloatStorage",
  key = "0",
  length,
  offset = 0,
  size,
  stride,
}: TensorPart): PicklePart {
  const id = tuple(text("storage"), global("torch", type), text(key), text("cpu"), int(length));
  return call(
    global("torch._utils", "_rebuild_tensor_v2"),
    [id, "Q"],
    int(offset),
    tuple(...size.map(int)),
    tuple(...stride.map(int)),
    [0x89],
    call(global("collections", "OrderedDict")),
  );
}

/** The archive that torch.save writes around a pickle and its storages. */
export function zipCheckpoint(
  data: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>>,
  byteOrder = "little",
): Promise<Uint8Array> {
  const files = Object.entries(storages).map(([key, content]) => [`a/data/${key}`, content] as const);
  return writeZip(
    [["a/data.pkl", data], ["a/byteorder", new TextEncoder().encode(byteOrder)], ...files],
    false,
  );
}

/** The file that torch.save wrote around a pickle and its storages before PyTorch 1.6. */
export function legacyCheckpoint(
  data: Uint8Array,
  storages: Readonly<Record<string, Float32Array>>,
): Uint8Array {
  const contents = Object.values(storages).map((content) =>
    concat(Uint8Array.from([...uint32(content.length), 0, 0, 0, 0]), new Uint8Array(content.buffer)),
  );
  return concat(
    pickle(0x8a, 10, [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]),
    pickle(int(1001)),
    pickle(dict({ little_endian: [0x88] })),
    data,
    pickle("](", Object.keys(storages).map(text), "e"),
    ...contents,
  );
}
