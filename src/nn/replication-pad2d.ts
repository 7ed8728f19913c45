import { Padding2d, type Padding2dWidths } from "./padding2d.ts";

/** Puts the outermost elements around [N, C, H, W]: 1 1 | 1 2 3. */
export class ReplicationPad2d extends Padding2d {
  constructor(padding: Padding2dWidths) {
    super("replicationPad2d", "replicate", padding);
  }
}
