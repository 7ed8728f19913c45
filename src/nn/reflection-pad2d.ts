import { Padding2d, type Padding2dWidths } from "./padding2d.ts";

/** Puts the elements mirrored at the border around [N, C, H, W]: 3 2 | 1 2 3. */
export class ReflectionPad2d extends Padding2d {
  constructor(padding: Padding2dWidths) {
    super("reflectionPad2d", "reflect", padding);
  }
}
