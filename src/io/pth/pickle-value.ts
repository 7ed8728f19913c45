import type { HostTensor } from "../host-tensor.ts";

/**
 * What a pickle holds, as plain data: a tuple is a frozen array, a dict a Map, bytes a Uint8Array, and an integer
 * beyond 2^53 a bigint.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | HostTensor
  | PythonGlobal
  | PythonObject;

/** A class or function by its name, which is all that is known of it. */
export class PythonGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An object of a Python class as its pickle describes it; nothing of it was run. */
export class PythonObject {
  readonly type: string;
  readonly args: readonly PickleValue[];
  state: PickleValue = null;

  constructor(type: string, args: readonly PickleValue[]) {
    this.type = type;
    this.args = args;
  }
}

/** A value as an error message may show it: what Python would call its type. */
export function typeName(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return "a bool";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "an int" : "a float";
  if (typeof value === "bigint") return "an int";
  if (typeof value === "string") return "a str";
  if (value instanceof Uint8Array) return "bytes";
  if (Array.isArray(value)) return Object.isFrozen(value) ? "a tuple" : "a list";
  if (value instanceof Map) return "a dict";
  if (value instanceof Set) return "a set";
  if (value instanceof PythonGlobal) return `the class ${value.name}`;
  if (value instanceof PythonObject) return `a ${value.type}`;
  return "a tensor";
}
