import { ArgumentError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import type { Tensor } from "../core/tensor.ts";
import { withForwardObserver } from "../nn/forward-calls.ts";
import type { Module } from "../nn/module.ts";

/** One call of a layer while a network ran. */
export interface LayerCall {
  /** The layer's path, such as `layer1.0.conv1`; "" is the network itself. */
  readonly path: string;
  /** The path, with `#2` behind it for the second call of the same layer, and so on. */
  readonly name: string;
  readonly module: Module;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** Whether the layer is made of other layers. */
  readonly container: boolean;
  /** How many calls of other layers it was made in; 0 for the network's own. */
  readonly depth: number;
}

export interface LayerTrace {
  /** Every call in the order in which they ended: inner layers before those that hold them, the network last. */
  readonly calls: readonly LayerCall[];
  readonly output: Tensor;
}

/**
 * Runs a network's `forward` on tensors, which computes nothing, and tells which layer made which tensor.
 *
 * Inside `compile` the outputs of layers can be results of the compiled function; outside they are the graph itself.
 */
export function traceLayers(model: Module, ...inputs: readonly Tensor[]): LayerTrace {
  const paths = new Map([...model.namedModules()].map(([path, module]) => [module, path]));
  const counts = new Map<Module, number>();
  const calls: LayerCall[] = [];
  const output = withForwardObserver(
    (module, operands, result, depth) => {
      const path = paths.get(module);
      if (path === undefined) return;
      const count = (counts.get(module) ?? 0) + 1;
      counts.set(module, count);
      const name = count === 1 ? path : `${path}#${count}`;
      const container = isContainer(module);
      calls.push({ path, name, module, inputs: operands, output: result, container, depth });
    },
    () => (model.forward as (...operands: readonly Tensor[]) => Tensor)(...inputs),
  );
  return { calls, output };
}

/** Whether a layer is made of other layers. */
function isContainer(module: Module): boolean {
  return module.namedModules().size > 1;
}

/**
 * The call of the layer `name`: its path, with `#2` behind it for a second call.
 *
 * @throws ArgumentError that suggests the nearest name if the network has no such layer or did not call it.
 */
export function requireCall({ calls }: LayerTrace, name: string): LayerCall {
  const found = calls.find((call) => call.name === name);
  if (found) return found;
  const names = calls.map((call) => call.name).filter((each) => each !== "");
  throw new ArgumentError(`there is no layer "${name}" that the network calls${suggestion(name, names)}`);
}
