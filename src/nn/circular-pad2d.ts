import { Padding2d, type Padding2dWidths } from "./padding2d.ts";

/** Puts the elements of the other end around [N, C, H, W]: 2 3 | 1 2 3. */
export class CircularPad2d extends Padding2d {
  constructor(padding: Padding2dWidths) {
    super("circularPad2d", "circular", padding);
  }
}
