import type { Padding2dShape } from "./layer-types.ts";
import { Padding2d, type Padding2dWidths } from "./padding2d.ts";

/** Puts the elements of the other end around [N, C, H, W]: 2 3 | 1 2 3. */
export class CircularPad2d<const Widths extends Padding2dWidths = Padding2dWidths> extends Padding2d {
  declare readonly "~shape": Padding2dShape<"circularPad2d", Widths>;

  constructor(padding: Widths) {
    super("circularPad2d", "circular", padding);
  }
}
