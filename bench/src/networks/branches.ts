import { concat, type Tensor } from "../../../dist/index.js";
import { Module } from "../../../dist/nn/index.js";

/** Modules that read the same input, their outputs one after another on the channel axis. */
export class Branches extends Module {
  readonly branches: readonly Module[];

  constructor(...branches: readonly Module[]) {
    super();
    this.branches = branches;
  }

  override forward(x: Tensor): Tensor {
    return concat(
      this.branches.map((branch) => branch.forward(x)),
      1,
    );
  }
}
