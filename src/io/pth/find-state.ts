import type { HostTensor } from "../host-tensor.ts";
import { type PickleValue, PythonGlobal, PythonObject, typeName } from "./pickle-value.ts";

/** Where training scripts put the state dict, first to last. */
const usualKeys = [
  "state_dict",
  "model_state_dict",
  "model_state",
  "model",
  "net",
  "network",
  "weights",
  "params",
];

/** What wrappers put in front of every name: DataParallel, and torch.compile. */
const wrappers = ["module.", "_orig_mod."];

export interface FoundState {
  readonly tensors: Map<string, HostTensor>;
  /** What stands beside the tensors and beside the state dict. */
  readonly metadata: Map<string, PickleValue>;
}

/** The state dict in what was saved. @throws Error that says what was found instead. */
export function findState(value: PickleValue): FoundState {
  if (!(value instanceof Map)) throw new Error(`holds ${typeName(value)}, but a state dict is expected`);
  const key = usualKeys.find((each) => hasTensors(value.get(each)));
  const inner = key === undefined ? value : (value.get(key) as Map<PickleValue, PickleValue>);
  if (!hasTensors(inner)) {
    const keys = [...value.keys()].slice(0, 8).map(keyText);
    throw new Error(`holds a dict without a state dict; its keys are ${keys.join(", ")}`);
  }
  const tensors = new Map<string, HostTensor>();
  const metadata = new Map<string, PickleValue>();
  for (const [name, item] of inner) {
    if (typeof name === "string" && isTensor(item)) tensors.set(name, item);
    else metadata.set(keyText(name), item);
  }
  if (inner !== value) {
    for (const [name, item] of value) if (name !== key) metadata.set(keyText(name), item);
  }
  return { tensors: unwrapped(tensors), metadata };
}

function hasTensors(value: PickleValue | undefined): boolean {
  return (
    value instanceof Map && [...value].some(([name, item]) => typeof name === "string" && isTensor(item))
  );
}

export function isTensor(value: PickleValue): value is HostTensor {
  return (
    typeof value === "object" &&
    value !== null &&
    "dtype" in value &&
    !(value instanceof PythonGlobal || value instanceof PythonObject)
  );
}

function keyText(key: PickleValue): string {
  return typeof key === "string" || typeof key === "number" ? String(key) : typeName(key);
}

/** Takes the wrappers' prefixes away where all names have them; one wrapper may stand within another. */
function unwrapped(tensors: Map<string, HostTensor>): Map<string, HostTensor> {
  let result = tensors;
  for (let depth = 0; depth < 2 * wrappers.length; depth++) {
    const prefix = wrappers.find((each) => [...result.keys()].every((name) => name.startsWith(each)));
    if (prefix === undefined) break;
    result = new Map([...result].map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  }
  return result;
}
