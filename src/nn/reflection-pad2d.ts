import type { Padding2dShape } from "./layer-types.ts";
import { Padding2d, type Padding2dWidths } from "./padding2d.ts";

/** Puts the elements mirrored at the border around [N, C, H, W]: 3 2 | 1 2 3. */
export class ReflectionPad2d<const Widths extends Padding2dWidths = Padding2dWidths> extends Padding2d {
  declare readonly "~shape": Padding2dShape<"reflectionPad2d", Widths>;

  constructor(padding: Widths) {
    super("reflectionPad2d", "reflect", padding);
  }
}
