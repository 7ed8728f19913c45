import type { Tensor } from "../core/tensor.ts";
import { type InterpolateMode, interpolate } from "../ops/interpolate.ts";
import type { PerAxis } from "../ops/spatial.ts";
import type { UpsampleShape } from "./layer-types.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

export interface UpsampleOptions {
  /** Default "nearest". */
  readonly mode?: InterpolateMode;
  /** Whether the outermost elements' centres, not the outermost edges, stay where they are; default false. */
  readonly alignCorners?: boolean;
}

/** Enlarges the spatial axes by a factor, one for all or one for each: [N, C, H, W] → [N, C, ⌊H·f⌋, ⌊W·f⌋]. */
export class Upsample<const Scale extends PerAxis = PerAxis> extends Module {
  declare readonly "~shape": UpsampleShape<Scale>;
  readonly scaleFactor: PerAxis;
  readonly options: UpsampleOptions;

  constructor(scaleFactor: Scale, options: UpsampleOptions = {}) {
    super();
    this.scaleFactor = scaleFactor;
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return interpolate(x, { scaleFactor: this.scaleFactor, ...this.options });
  }

  protected override settings(): string {
    return showArguments(this.scaleFactor, this.options);
  }
}
