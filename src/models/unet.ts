import { ArgumentError, ShapeError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { ConvTranspose2d } from "../nn/conv-transpose2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { kaimingNormal } from "../nn/init.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { concat, narrow } from "../ops/movement.ts";
import { initialize } from "./initialize.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Figure 1: channels of each level, from the image's extents down to a sixteenth. */
const widths = [64, 128, 256, 512, 1024] as const;

export interface UNetOptions extends ModelOptions {
  /**
   * "valid", the default and the paper's, computes only what the image decides, so that 572×572 gives 388×388; "same"
   * pads by zeros, so that extents that are multiples of 16 stay what they are.
   */
  readonly padding?: "valid" | "same";
}

function doubleConv(inChannels: number, outChannels: number, padding: number): Sequential {
  return new Sequential(
    new Conv2d(inChannels, outChannels, 3, { padding }),
    new ReLU(),
    new Conv2d(outChannels, outChannels, 3, { padding }),
    new ReLU(),
  );
}

/** The middle of [N, C, H, W] with the spatial extents of `shape`. */
function cropTo(x: Tensor, shape: Shape): Tensor {
  return [2, 3].reduce((y, axis) => {
    const extent = shape[axis]!;
    const start = Math.floor((y.shape[axis]! - extent) / 2);
    return extent === y.shape[axis] ? y : narrow(y, axis, start, start + extent);
  }, x);
}

/** One step of the expanding path: twice the extents, half the channels, and the contracting path's maps beside them. */
class Up extends Module {
  readonly up: ConvTranspose2d;
  readonly conv: Sequential;

  constructor(inChannels: number, padding: number) {
    super();
    const outChannels = inChannels / 2;
    this.up = new ConvTranspose2d(inChannels, outChannels, 2, { stride: 2 });
    this.conv = doubleConv(inChannels, outChannels, padding);
  }

  override forward(x: Tensor, skip: Tensor): Tensor {
    const up = this.up.forward(x);
    return this.conv.forward(concat([cropTo(skip, up.shape), up], 1));
  }
}

/** Images [N, inChannels, H, W] to logits of each pixel, of all or, where the padding is "valid", of the middle ones. */
export class UNet extends Module {
  readonly encoder: readonly Sequential[];
  readonly pool: MaxPool2d = new MaxPool2d(2);
  readonly decoder: readonly Up[];
  readonly classifier: Conv2d;
  readonly padding: NonNullable<UNetOptions["padding"]>;

  constructor({ numClasses = 2, inChannels = 1, padding = "valid" }: UNetOptions = {}) {
    super();
    if (padding !== "valid" && padding !== "same") {
      throw new ArgumentError(`UNet: padding must be "valid" or "same", but is "${padding}"`);
    }
    this.padding = padding;
    const pad = padding === "same" ? 1 : 0;
    this.encoder = widths.map((width, level) => doubleConv(widths[level - 1] ?? inChannels, width, pad));
    this.decoder = widths
      .slice(1)
      .reverse()
      .map((width) => new Up(width, pad));
    this.classifier = new Conv2d(widths[0], numClasses, 1);
    initialize(this, { conv: kaimingNormal });
  }

  /** @throws ShapeError if a pooling would meet odd extents, or a crop more than there is. */
  override forward(x: Tensor): Tensor {
    this.#requireExtents(x.shape);
    const skips: Tensor[] = [];
    let y = x;
    for (const [level, conv] of this.encoder.entries()) {
      y = conv.forward(level === 0 ? y : this.pool.forward(y));
      skips.push(y);
    }
    skips.pop();
    for (const up of this.decoder) y = up.forward(y, skips.pop()!);
    return this.classifier.forward(y);
  }

  #requireExtents(shape: Shape): void {
    const same = this.padding === "same";
    const fits = (extent: number) => (same ? extent % 16 === 0 : extent >= 188 && extent % 16 === 12);
    if (shape.slice(2).every(fits)) return;
    const wanted = same
      ? "multiples of 16"
      : "16 n + 60 with n of at least 8 (572 in the paper), since nothing is padded";
    throw new ShapeError("unet", `height and width must be ${wanted}`, { x: shape });
  }
}

export const unetEntries: readonly ModelEntry[] = [
  {
    name: "unet",
    paper:
      "Ronneberger, Fischer, Brox: U-Net: Convolutional Networks for Biomedical Image Segmentation. MICCAI",
    year: 2015,
    novelty:
      "Maps grow back to the image's extents, and at each level meet those that were left behind on the way down",
    task: "segmentation",
    inputShape: [1, 572, 572],
    numClasses: 2,
    parameters: 31_030_658,
    macs: 150_428_424_448,
    head: ["classifier"],
    create: (options) => new UNet(options),
  },
];
