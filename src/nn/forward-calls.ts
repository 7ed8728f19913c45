import { ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Module } from "./module.ts";

/** Sees every call of a module's `forward` after it returned. */
export type ForwardObserver = (module: Module, inputs: readonly Tensor[], output: Tensor) => void;

let running: Module | undefined;
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
    try {
      const output = forward.apply(module, inputs);
      observer?.(module, inputs, output);
      return output;
    } catch (error) {
      throw error instanceof ShapeError && caller ? located(error, caller, module) : error;
    } finally {
      running = caller;
    }
  };
  Object.defineProperty(module, "forward", { value, writable: true, configurable: true, enumerable: false });
}

function located(error: ShapeError, caller: Module, module: Module): ShapeError {
  const path = caller.pathOf(module);
  return path === undefined || path === "" ? error : error.at(path);
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
