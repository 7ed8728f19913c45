import type { Padding2dShape } from "./layer-types.ts";
import { Padding2d, type Padding2dWidths } from "./padding2d.ts";

/** Puts the outermost elements around [N, C, H, W]: 1 1 | 1 2 3. */
export class ReplicationPad2d<const Widths extends Padding2dWidths = Padding2dWidths> extends Padding2d {
  declare readonly "~shape": Padding2dShape<"replicationPad2d", Widths>;

  constructor(padding: Widths) {
    super("replicationPad2d", "replicate", padding);
  }
}
