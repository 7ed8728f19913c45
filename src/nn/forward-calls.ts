import { ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Module } from "./module.ts";

/** Sees every call of a module's `forward` after it returned; `depth` counts the calls that it was made in. */
export type ForwardObserver = (
  module: Module,
  inputs: readonly Tensor[],
  output: Tensor,
  depth: number,
) => void;

let running: Module | undefined;
let depth = 0;
let observer: ForwardObserver | undefined;

/**
 * Makes every call of `module.forward` pass through here, however it is called.
 *
 * This is why a mistake in a hand-written `forward` names the layer in which it happened: each call puts the path from
 * the module that called in front of the error.
 */
export function interceptForward(module: Module): void {
  const forward = module.forward as (...inputs: Tensor[]) => Tensor;
  const value = (...inputs: Tensor[]): Tensor => {
    const caller = running;
    running = module;
    depth++;
    try {
      const output = forward.apply(module, inputs);
      observer?.(module, inputs, output, depth - 1);
      return output;
    } catch (error) {
      throw error instanceof ShapeError && caller ? located(error, caller, module) : error;
    } finally {
      running = caller;
      depth--;
    }
  };
  Object.defineProperty(module, "forward", { value, writable: true, configurable: true, enumerable: false });
}

function located(error: ShapeError, caller: Module, module: Module): ShapeError {
  const path = caller.pathOf(module);
  return path === undefined || path === "" ? error : error.at(path);
}

/** Shows the observer what a part of the running module computed without a call of the part's own `forward`. */
export function reportForward(module: Module, inputs: readonly Tensor[], output: Tensor): void {
  observer?.(module, inputs, output, depth);
}

/** Runs `body` and shows each call of a module's `forward` to `next`, inner calls before those that made them. */
export function withForwardObserver<R>(next: ForwardObserver, body: () => R): R {
  const outer = observer;
  observer = next;
  try {
    return body();
  } finally {
    observer = outer;
  }
}
