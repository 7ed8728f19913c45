import { quoted } from "../byte-reader.ts";
import type { HostTensor, StoredDType } from "../host-tensor.ts";
import { PickleRefusal, type PickleWorld } from "./pickle-machine.ts";
import { type PickleValue, PythonGlobal, PythonObject, typeName } from "./pickle-value.ts";
import { dtypeOfStorageType, dtypeOfTorchName, isStorageType, TorchStorage } from "./torch-storage.ts";

/** A tensor whose elements are still to be taken out of its storage. */
export interface StridedTensor {
  readonly host: HostTensor & { data?: unknown };
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Items and bytes that calls may copy; without a bound, a pickle could copy a large one again and again. */
const mostCopies = 2 ** 20;

type Call = (world: TorchWorld, args: readonly PickleValue[]) => PickleValue;

/** Calls whose result is plain data. */
const calls: Readonly<Record<string, Call>> = {
  "torch._utils._rebuild_tensor": (world, args) => world.tensor(args),
  "torch._utils._rebuild_tensor_v2": (world, args) => world.tensor(args),
  "torch._utils._rebuild_tensor_v3": (world, args) => world.tensor(args, args[6]),
  "torch._utils._rebuild_parameter": (_, args) => args[0] ?? null,
  "torch._utils._rebuild_parameter_with_state": (_, args) => args[0] ?? null,
  "torch.nn.parameter.Parameter": (_, args) => args[0] ?? null,
  "torch.Size": (_, args) => args[0] ?? [],
  "collections.OrderedDict": (world, args) => mapOf(world.copied(args[0])),
  "collections.defaultdict": () => new Map(),
  "builtins.dict": (world, args) => mapOf(world.copied(args[0])),
  "builtins.list": (world, args) => [...world.copied(args[0])],
  "builtins.set": (world, args) => new Set(world.copied(args[0])),
  "builtins.frozenset": (world, args) => new Set(world.copied(args[0])),
  "numpy.core.multiarray.scalar": (_, args) => numpyScalar(args),
  // How protocol 0 and 1 spell an object without arguments, and protocol 2 spells bytes.
  "copyreg._reconstructor": (_, args) => new PythonObject(recordName(args[0]), []),
  "_codecs.encode": (world, args) => world.latin1(args[0]),
};

/** Classes whose objects are kept as records of what the pickle says about them. */
const records: ReadonlySet<string> = new Set([
  "argparse.Namespace",
  "builtins.bytearray",
  "builtins.complex",
  "builtins.object",
  "builtins.slice",
  "collections.Counter",
  "datetime.date",
  "datetime.datetime",
  "datetime.timedelta",
  "numpy.core.multiarray._reconstruct",
  "numpy.dtype",
  "numpy.ndarray",
  "pathlib.Path",
  "pathlib.PosixPath",
  "torch.device",
  "types.SimpleNamespace",
]);

/** Newer and older names of the same things. */
function canonical(name: string): string {
  return name
    .replace(/^__builtin__\./, "builtins.")
    .replace(/^copy_reg\./, "copyreg.")
    .replace(/^numpy\._core\./, "numpy.core.")
    .replace(/^torch\.serialization\.(?=device$)/, "torch.");
}

/** What the pickle of a checkpoint may refer to: a fixed list, of which none is executed. */
export class TorchWorld implements PickleWorld {
  /** All tensors that the pickle makes, in its order. */
  readonly tensors: StridedTensor[] = [];
  readonly storages: Map<string, TorchStorage> = new Map();
  #copies = 0;

  global(name: string): PythonGlobal {
    const known = canonical(name);
    if (isStorageType(known) || dtypeOfTorchName(known) !== undefined) return new PythonGlobal(known);
    if (Object.hasOwn(calls, known) || records.has(known)) return new PythonGlobal(known);
    throw new PickleRefusal(
      `it wants ${quoted(name)}, which is not among the classes and functions that a checkpoint needs`,
    );
  }

  call({ name }: PythonGlobal, args: readonly PickleValue[]): PickleValue {
    if (Object.hasOwn(calls, name)) return calls[name]!(this, args);
    if (records.has(name)) return new PythonObject(name, args);
    throw new PickleRefusal(`${name} is not to be called`);
  }

  /** ("storage", type, key, location, length), and in the older format a part of another storage or None. */
  persistent(id: PickleValue): PickleValue {
    if (!Array.isArray(id) || id[0] !== "storage") throw new PickleRefusal("an identifier is no storage's");
    const [, type, key, , length, view] = id as readonly PickleValue[];
    if (!(type instanceof PythonGlobal) || !isStorageType(type.name)) {
      throw new PickleRefusal(`${typeName(type)} is no storage type`);
    }
    if (typeof key !== "string" || !isNatural(length)) {
      throw new PickleRefusal("a storage needs a key and a length");
    }
    if (view !== undefined && view !== null) {
      throw new PickleRefusal("storages that are parts of others are not supported");
    }
    return this.storage(key, type.name, length) as unknown as PickleValue;
  }

  storage(key: string, type: string, length: number): TorchStorage {
    const dtype = refusing(() => dtypeOfStorageType(type));
    const known = this.storages.get(key);
    const storage = new TorchStorage(key, dtype, length);
    if (known === undefined) this.storages.set(key, storage);
    else if (known.dtype !== dtype || known.length !== length) {
      throw new PickleRefusal(`the storage ${quoted(key)} has two types or lengths`);
    }
    return known ?? storage;
  }

  /** (storage, offset, size, stride, …), all in elements. */
  tensor(args: readonly PickleValue[], dtypeArg?: PickleValue): HostTensor {
    const [given, offset, size, strides] = args;
    const storage: unknown = given;
    if (!(storage instanceof TorchStorage)) throw new PickleRefusal(`a tensor lies in ${typeName(storage)}`);
    const dtype = this.#dtypeOf(storage, dtypeArg);
    if (!isNatural(offset) || !isShape(size) || !isShape(strides) || size.length !== strides.length) {
      throw new PickleRefusal("a tensor's offset, size or strides are not natural numbers");
    }
    const host = { dtype, shape: [...size], data: undefined as never };
    this.tensors.push({ host, storage, offset, strides: [...strides] });
    return host;
  }

  /** The items of a list, tuple or dict that a call is about to copy. */
  copied(value: PickleValue | undefined): readonly PickleValue[] {
    const items = value instanceof Map ? value : (value ?? []);
    if (!(items instanceof Map) && !Array.isArray(items)) {
      throw new PickleRefusal(`${typeName(items)} is no list of items`);
    }
    this.#charge(items instanceof Map ? items.size : items.length);
    return items instanceof Map ? [...items] : items;
  }

  latin1(value: PickleValue | undefined): Uint8Array {
    if (typeof value !== "string") throw new PickleRefusal(`${typeName(value)} cannot be encoded`);
    this.#charge(value.length);
    return Uint8Array.from(value, (character) => character.charCodeAt(0));
  }

  #charge(items: number): void {
    this.#copies += items;
    if (this.#copies > mostCopies) throw new PickleRefusal("it copies more than a checkpoint needs");
  }

  #dtypeOf(storage: TorchStorage, given: PickleValue | undefined): StoredDType {
    const named = given instanceof PythonGlobal ? dtypeOfTorchName(given.name) : undefined;
    const dtype = named ?? storage.dtype;
    if (dtype === undefined) throw new PickleRefusal("a tensor of bytes does not say what its elements are");
    if (storage.dtype !== undefined && storage.dtype !== dtype) {
      throw new PickleRefusal(`a tensor of ${dtype} lies in a storage of ${storage.dtype}`);
    }
    return dtype;
  }
}

function isNatural(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isShape(value: PickleValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.length <= 64 && value.every(isNatural);
}

function refusing<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new PickleRefusal((error as Error).message);
  }
}

function mapOf(pairs: readonly PickleValue[]): Map<PickleValue, PickleValue> {
  return new Map(
    pairs.map((pair) => {
      const [key, item] = Array.isArray(pair) ? (pair as readonly PickleValue[]) : [];
      if (key === undefined || item === undefined) throw new PickleRefusal("an item is no pair");
      return [key, item];
    }),
  );
}

function recordName(type: PickleValue | undefined): string {
  if (type instanceof PythonGlobal && records.has(type.name)) return type.name;
  throw new PickleRefusal(`${typeName(type ?? null)} is no class of plain records`);
}

/** numpy's (dtype, bytes) as a number; a dtype is a record whose first argument is its code. */
function numpyScalar([dtype, bytes]: readonly PickleValue[]): PickleValue {
  const code = dtype instanceof PythonObject ? dtype.args[0] : undefined;
  if (bytes instanceof Uint8Array && typeof code === "string") {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (code === "f8" && bytes.length === 8) return view.getFloat64(0, true);
    if (code === "f4" && bytes.length === 4) return view.getFloat32(0, true);
    if (code === "i8" && bytes.length === 8) return view.getBigInt64(0, true);
    if (code === "i4" && bytes.length === 4) return view.getInt32(0, true);
    if (code === "b1" && bytes.length === 1) return bytes[0] !== 0;
  }
  return new PythonObject("numpy.core.multiarray.scalar", [dtype ?? null, bytes ?? null]);
}
