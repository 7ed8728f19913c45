import type { Padding2dShape } from "./layer-types.ts";
import { Padding2d, type Padding2dWidths } from "./padding2d.ts";

/** Puts zeros around [N, C, H, W]. */
export class ZeroPad2d<const Widths extends Padding2dWidths = Padding2dWidths> extends Padding2d {
  declare readonly "~shape": Padding2dShape<"zeroPad2d", Widths>;

  constructor(padding: Widths) {
    super("zeroPad2d", "constant", padding);
  }
}
