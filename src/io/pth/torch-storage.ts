import { type StoredDType, storedBytesPerElement } from "../host-tensor.ts";

/** Elements that tensors share, by the key under which the file keeps their bytes. */
export class TorchStorage {
  readonly key: string;
  /** Undefined for bytes of which each tensor says itself what they are. */
  readonly dtype: StoredDType | undefined;
  readonly length: number;

  constructor(key: string, dtype: StoredDType | undefined, length: number) {
    this.key = key;
    this.dtype = dtype;
    this.length = length;
  }

  get byteLength(): number {
    return this.length * (this.dtype === undefined ? 1 : storedBytesPerElement(this.dtype));
  }
}

const dtypeOfStorage: Readonly<Record<string, StoredDType>> = {
  DoubleStorage: "float64",
  FloatStorage: "float32",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
};

/** "torch.FloatStorage" and "torch.cuda.FloatStorage" are storages of elements, "torch.storage.UntypedStorage" of bytes. */
const storageName = /^torch\.(?:(?:cuda\.)?(\w+Storage)|storage\.UntypedStorage)$/;

export function isStorageType(name: string): boolean {
  return storageName.test(name);
}

/** The elements of a storage type, undefined for bytes. @throws Error for elements that no HostTensor carries. */
export function dtypeOfStorageType(name: string): StoredDType | undefined {
  const short = storageName.exec(name)?.[1] ?? "UntypedStorage";
  if (short === "UntypedStorage") return undefined;
  if (!Object.hasOwn(dtypeOfStorage, short)) throw new Error(`elements of ${name} are not supported`);
  return dtypeOfStorage[short];
}

const dtypeOfName: Readonly<Record<string, StoredDType>> = {
  "torch.float64": "float64",
  "torch.float32": "float32",
  "torch.float16": "float16",
  "torch.bfloat16": "bfloat16",
  "torch.int64": "int64",
  "torch.int32": "int32",
  "torch.int16": "int16",
  "torch.int8": "int8",
  "torch.uint64": "uint64",
  "torch.uint32": "uint32",
  "torch.uint16": "uint16",
  "torch.uint8": "uint8",
  "torch.bool": "bool",
};

/** The element type that a name such as "torch.float16" stands for. */
export function dtypeOfTorchName(name: string): StoredDType | undefined {
  return Object.hasOwn(dtypeOfName, name) ? dtypeOfName[name] : undefined;
}
