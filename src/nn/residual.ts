import { ShapeError } from "../core/errors.ts";
import { sameShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import type { IdentityShortcut, ResidualBody, ResidualShape } from "./layer-types.ts";
import { Module } from "./module.ts";

/**
 * body(x) + shortcut(x), where the shortcut is x itself unless given.
 *
 * He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (2015), equations 1 and 2.
 */
export class Residual<const Body extends Module = Module, const Shortcut = IdentityShortcut> extends Module {
  declare readonly "~shape": ResidualShape<Body, Shortcut>;
  readonly body: Module;
  readonly shortcut: Module | undefined;

  constructor(body: ResidualBody<Body, Shortcut>, shortcut?: Shortcut & Module) {
    super();
    this.body = body as Module;
    this.shortcut = shortcut;
  }

  override forward(x: Tensor): Tensor {
    const body = this.body.forward(x);
    const shortcut = this.shortcut ? this.shortcut.forward(x) : x;
    if (!sameShape(body.shape, shortcut.shape)) {
      throw new ShapeError(
        "residual",
        "body and shortcut have different shapes",
        { body: body.shape, shortcut: shortcut.shape },
        "a strided 1×1 convolution as shortcut changes channels and extents",
      );
    }
    return add(body, shortcut);
  }
}
