import { type PoolOptions, poolAttrs } from "../ops/pool-geometry.ts";
import type { PerAxis } from "../ops/spatial.ts";
import { Module } from "./module.ts";
import { showArguments } from "./show-arguments.ts";

/** What the layers share that slide a window of fixed size. */
export abstract class Pooling<Options extends PoolOptions> extends Module {
  readonly kernelSize: PerAxis;
  readonly options: Options;

  protected constructor(layer: string, rank: number, kernelSize: PerAxis, options: Options) {
    super();
    poolAttrs(layer, rank, kernelSize, options);
    this.kernelSize = kernelSize;
    this.options = options;
  }

  protected override settings(): string {
    return showArguments(this.kernelSize, this.options);
  }
}
