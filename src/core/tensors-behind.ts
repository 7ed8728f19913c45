import type { Tensor } from "./tensor.ts";

/** `output` and every tensor that it is made of, down to `stops` (left out), what is made first in front. */
export function tensorsBehind(output: Tensor, stops: { has(tensor: Tensor): boolean }): Tensor[] {
  const found = new Set<Tensor>();
  const stack = [output];
  while (stack.length > 0) {
    const tensor = stack.pop()!;
    if (found.has(tensor) || stops.has(tensor)) continue;
    found.add(tensor);
    if (tensor.source.kind === "node") stack.push(...tensor.source.inputs);
  }
  return [...found].sort((a, b) => a.id - b.id);
}
