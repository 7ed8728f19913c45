import { ArgumentError } from "../core/errors.ts";

/** Checks that a layer's setting is a whole number of at least 1. */
export function requireCount(layer: string, setting: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new ArgumentError(`${layer}: ${setting} must be a whole number of at least 1, not ${value}`);
  }
}
