import { ArgumentError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { type PadMode, pad } from "../ops/pad.ts";
import { Module } from "./module.ts";
import { requireRank } from "./require-rank.ts";
import { showArguments } from "./show-arguments.ts";

/** One width for all four sides, or one for each; negative ones crop. */
export type Padding2dWidths = number | readonly [left: number, right: number, top: number, bottom: number];

/** What the layers share that put elements around [N, C, H, W]. */
export abstract class Padding2d extends Module {
  readonly padding: Padding2dWidths;
  readonly #op: string;
  readonly #mode: PadMode;

  protected constructor(op: string, mode: PadMode, padding: Padding2dWidths) {
    super();
    const widths = typeof padding === "number" ? [padding] : padding;
    if (!widths.every(Number.isSafeInteger) || (typeof padding !== "number" && padding.length !== 4)) {
      throw new ArgumentError(
        `${op}: padding must be one whole number or [left, right, top, bottom], not ${showArguments(padding)}`,
      );
    }
    this.padding = padding;
    this.#op = op;
    this.#mode = mode;
  }

  override forward(x: Tensor): Tensor {
    requireRank(this.#op, x, [4], "[N, C, H, W]");
    const { padding } = this;
    const widths = typeof padding === "number" ? [padding, padding, padding, padding] : padding;
    return pad(x, widths, { mode: this.#mode });
  }

  protected override settings(): string {
    return showArguments(this.padding);
  }
}
