import type { Tensor } from "../core/tensor.ts";
import type { LayerCall, LayerTrace } from "./trace-layers.ts";

/**
 * The calls of a network whose outputs are all different, in the order in which they are computed.
 *
 * A layer of layers is among them where its output is not that of its last inner one, as the sum of a residual block.
 */
export function activationsOf({ calls }: LayerTrace): LayerCall[] {
  const seen = new Set<Tensor>();
  return calls
    .filter(({ name, output }) => name !== "" && !seen.has(output) && seen.add(output))
    .sort((a, b) => a.output.id - b.output.id);
}
