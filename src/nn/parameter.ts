import type { Shape } from "../core/shape.ts";
import { sizeOf } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import { Variable } from "../core/variable.ts";
import { DrawnStorage } from "./random.ts";

/** A variable that is learned, as opposed to a buffer such as a running mean: `Module.parameters` finds these. */
export class Parameter extends Variable {
  /** A float32 parameter of zeros, to be handed to one of the functions of `init`. */
  static zeros(shape: Shape): Parameter {
    return new Parameter(Tensor.value(new DrawnStorage("float32", sizeOf(shape), () => {}), shape));
  }
}
