import { Padding2d, type Padding2dWidths } from "./padding2d.ts";

/** Puts zeros around [N, C, H, W]. */
export class ZeroPad2d extends Padding2d {
  constructor(padding: Padding2dWidths) {
    super("zeroPad2d", "constant", padding);
  }
}
