import type { Draw } from "../core/draw.ts";
import { type Attrs, apply, defineOp, type Op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import type { TensorLike } from "./like.ts";
import { asReal } from "./real.ts";

interface ActivationVjp<A extends Attrs> {
  readonly x: Tensor;
  readonly output: Tensor;
  readonly gradient: Tensor;
  readonly attrs: A;
}

interface ActivationDefinition<A extends Attrs> {
  readonly name: string;
  /** The function of one number, in float64. */
  scalar(x: number, attrs: A): number;
  decompose(x: Tensor, attrs: A): Tensor;
  /** gradient · f′(x), where the derivative through the decomposition would be slower or worse. */
  vjp?(context: ActivationVjp<A>): Tensor;
  /** Draws settings for an example; default: none. */
  settings?(draw: Draw): A;
}

/** Declares a function of one real number that is applied to every element. */
export function defineActivation<A extends Attrs = Record<string, never>>(
  definition: ActivationDefinition<A>,
): Op<A> {
  const { name, scalar, decompose, vjp, settings } = definition;
  return defineOp<A>({
    name,
    shape: ([x]) => x!,
    reference: ([x], attrs, out) => {
      for (let i = 0; i < out.data.length; i++) out.data[i] = scalar(x!.data[i]!, attrs);
    },
    decompose: ([x], attrs) => decompose(x!, attrs),
    ...(vjp && {
      vjp: ({ inputs: [x], output, gradient, attrs }) => [vjp({ x: x!, output, gradient, attrs })],
    }),
    examples: (draw) => ({
      inputs: [{ shape: draw.shape(draw.int(1, 3), 5), range: [-8, 8] }],
      attrs: settings ? settings(draw) : ({} as A),
    }),
  });
}

/** Applies an activation; whole numbers become float32 first. */
export function activate<A extends Attrs>(op: Op<A>, x: TensorLike, attrs: A): Tensor {
  return apply(op, [asReal(x)], attrs);
}
