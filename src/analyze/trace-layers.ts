import { ArgumentError } from "../core/errors.ts";
import { suggestion } from "../core/nearest.ts";
import type { Tensor } from "../core/tensor.ts";
import { withForwardObserver } from "../nn/forward-calls.ts";
import { Module } from "../nn/module.ts";

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
}

/** What a part of a network computed that is no module, such as a node of an ONNX file. */
export interface PartCall {
  /** The node's name, with `#2` behind it for a second one of that name. */
  readonly name: string;
  /** Its operator, such as `Conv`. */
  readonly kind: string;
  readonly output: Tensor;
}

export interface LayerTrace {
  /** Every call in the order in which they ended: inner layers before those that hold them, the network last. */
  readonly calls: readonly LayerCall[];
  /** The parts that are no modules, in order; none in a network that is made of modules alone. */
  readonly parts: readonly PartCall[];
  readonly output: Tensor;
}

/**
 * Runs a network's `forward` on tensors, which computes nothing, and tells which layer made which tensor.
 *
 * Inside `compile` the outputs of layers can be results of the compiled function; outside they are the graph itself.
 */
export function traceLayers(model: Module, ...inputs: readonly Tensor[]): LayerTrace {
  const paths = new Map([...model.namedModules()].map(([path, module]) => [module, path]));
  const counts = new Map<Module | string, number>();
  const numbered = (name: string, key: Module | string): string => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count === 1 ? name : `${name}#${count}`;
  };
  const calls: LayerCall[] = [];
  const parts: PartCall[] = [];
  const output = withForwardObserver(
    (module, operands, result) => {
      const path = paths.get(module);
      if (path === undefined) return;
      const name = numbered(path, module);
      calls.push({ path, name, module, inputs: operands, output: result, container: isContainer(module) });
    },
    () => (model.forward as (...operands: readonly Tensor[]) => Tensor)(...inputs),
    (part, kind, result) => parts.push({ name: numbered(part, part), kind, output: result }),
  );
  return { calls, parts, output };
}

/** Whether a layer is made of other layers. */
export function isContainer(module: Module): boolean {
  for (const [, member] of module.members()) if (member instanceof Module) return true;
  return false;
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
