import { ArgumentError, ShapeError } from "../core/errors.ts";
import { type Shape, sameShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { CheckedParts, InputOf, OutputOf, SequenceShape } from "./layer-types.ts";
import { type Member, Module } from "./module.ts";

/**
 * Modules one after another; `In` and `Out` are the shapes of one input and its output, without the batch.
 *
 * The parts are named by their positions, as in PyTorch: `0.weight`.
 */
export interface Sequential<In = Shape, Out = Shape> extends Module {
  readonly "~shape": SequenceShape<In, Out>;
  readonly layers: readonly Module[];
  /** The shape of one input where it was declared; `forward` then checks it. */
  readonly inputShape: Shape | undefined;
}

export interface SequentialConstructor {
  /**
   * @param parts the modules, with the shape of one input in front where it shall be known: `[1, 28, 28], new Conv2d(…)`.
   */
  new <const Parts extends readonly (Module | Shape)[]>(
    ...parts: CheckedParts<Parts>
  ): Sequential<InputOf<Parts>, OutputOf<Parts>>;
}

// The constructor has type parameters of its own, which a class declaration cannot state.
export const Sequential: SequentialConstructor = class Sequential extends Module {
  declare readonly "~shape": SequenceShape<never, never>;
  readonly layers: readonly Module[];
  readonly inputShape: Shape | undefined;

  constructor(...parts: readonly unknown[]) {
    super();
    const [first, ...rest] = parts;
    this.inputShape = Array.isArray(first) ? Object.freeze([...first]) : undefined;
    const layers = this.inputShape ? rest : parts;
    layers.forEach((layer, position) => {
      if (layer instanceof Module) return;
      throw new ArgumentError(`Sequential: part ${position} is no module; a shape may stand in front only`);
    });
    this.layers = layers as Module[];
  }

  override *members(): Iterable<readonly [name: string, member: Member]> {
    for (const [position, layer] of this.layers.entries()) yield [String(position), layer];
  }

  override forward(x: Tensor): Tensor {
    const { inputShape } = this;
    if (inputShape && !sameShape(x.shape.slice(1), inputShape)) {
      throw new ShapeError("sequential", "input does not have the shape that the sequence was made for", {
        x: x.shape,
        expected: `[N, ${inputShape.join(", ")}]`,
      });
    }
    return this.layers.reduce((y, layer) => layer.forward(y), x);
  }

  protected override settings(): string {
    return this.inputShape ? `[${this.inputShape.join(", ")}]` : "";
  }
} as unknown as SequentialConstructor;
