import type { HostTensor } from "../io/host-tensor.ts";
import type { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";
import { readState } from "./state-dict.ts";

/** Whether a parameter's path is that of a part of the given layers. */
export function isInside(path: string, layers: readonly string[]): boolean {
  return layers.some((layer) => path === layer || path.startsWith(`${layer}.`));
}

/**
 * Loads a state dict of the same network for another number of classes: what of the last layers has another first extent
 * (the classes) keeps its initial values, and all else must fit, as in `loadStateDict`.
 *
 * Yosinski, Clune, Bengio, Lipson: How transferable are features in deep neural networks? (2014).
 *
 * @param head paths of the layers whose size depends on the number of classes.
 * @returns the names that kept their initial values; none if the classes are as many.
 * @throws StateDictError that names everything that is missing, unexpected or of another shape; nothing is changed then.
 */
export async function loadTransferred(
  model: Module,
  state: ReadonlyMap<string, HostTensor>,
  head: readonly string[],
): Promise<readonly string[]> {
  const kept = [...model.namedParameters()].filter(([name, parameter]) => {
    return isInside(name, head) && differsInClasses(parameter, state.get(name));
  });
  model.loadStateDict(new Map([...state, ...(await readState(new Map(kept)))]));
  return kept.map(([name]) => name);
}

function differsInClasses({ shape }: Parameter, found: HostTensor | undefined): boolean {
  if (found === undefined || found.shape.length !== shape.length) return false;
  return (
    shape[0] !== found.shape[0] && shape.every((extent, axis) => axis === 0 || extent === found.shape[axis])
  );
}
