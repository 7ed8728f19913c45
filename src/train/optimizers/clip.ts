import type { Gradients } from "../../autograd/grad.ts";
import { ArgumentError } from "../../core/errors.ts";
import type { Tensor } from "../../core/tensor.ts";
import { add, clamp, div, minimum, mul, square } from "../../ops/arithmetic.ts";
import { sqrt } from "../../ops/math.ts";
import { sum } from "../../ops/reduce.ts";

/** √Σ g² over all elements of all gradients. */
export function globalNorm(grads: Gradients): Tensor {
  if (grads.size === 0) throw new ArgumentError("globalNorm: there are no gradients");
  return sqrt([...grads.values()].map((gradient) => sum(square(gradient))).reduce((a, b) => add(a, b)));
}

/** g · min(1, limit / (‖g‖ + 10⁻⁶)), where ‖g‖ is the norm of all gradients together. */
export function clipByGlobalNorm(grads: Gradients, limit: number): Gradients {
  checkLimit("clipByGlobalNorm", limit);
  const factor = minimum(div(limit, add(globalNorm(grads), 1e-6)), 1);
  return new Map([...grads].map(([parameter, gradient]) => [parameter, mul(gradient, factor)]));
}

/** Every element of every gradient limited to [−limit, limit]. */
export function clipByValue(grads: Gradients, limit: number): Gradients {
  checkLimit("clipByValue", limit);
  return new Map([...grads].map(([parameter, gradient]) => [parameter, clamp(gradient, -limit, limit)]));
}

function checkLimit(name: string, limit: number): void {
  if (!(limit > 0)) throw new ArgumentError(`${name}: the limit must be positive, but is ${limit}`);
}
