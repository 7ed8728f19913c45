import { ShapeError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { ConvTranspose2d } from "../nn/conv-transpose2d.ts";
import { Conv2d } from "../nn/conv2d.ts";
import { MaxPool2d } from "../nn/max-pool2d.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import { Sequential } from "../nn/sequential.ts";
import { Sigmoid } from "../nn/sigmoid.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Channels at half and at a quarter of the extents; the second are the code, a quarter of the numbers of 1×28×28. */
const widths = [16, 4] as const;

/**
 * Images [N, C, H, W] with elements in [0, 1] to images that should be the same, by way of codes [N, 4, H/4, W/4].
 *
 * Maximum pooling stands behind each convolution, as Masci et al. found necessary for filters that mean something, and
 * transposed convolutions with weights of their own take the place of the transposed encoder (untied weights).
 */
export class ConvAutoencoder extends Module {
  readonly encoder: Sequential;
  readonly decoder: Sequential;

  /** `numClasses` are the channels of what comes out; default those that go in. */
  constructor({ inChannels = 1, numClasses = inChannels }: ModelOptions = {}) {
    super();
    const [wide, code] = widths;
    this.encoder = new Sequential(
      new Conv2d(inChannels, wide, 3, { padding: 1 }),
      new ReLU(),
      new MaxPool2d(2),
      new Conv2d(wide, code, 3, { padding: 1 }),
      new ReLU(),
      new MaxPool2d(2),
    );
    this.decoder = new Sequential(
      new ConvTranspose2d(code, wide, 2, { stride: 2 }),
      new ReLU(),
      new ConvTranspose2d(wide, numClasses, 2, { stride: 2 }),
      new Sigmoid(),
    );
  }

  /** @throws ShapeError unless height and width are multiples of 4. */
  encode(x: Tensor): Tensor {
    if (x.shape.slice(2).some((extent) => extent % 4 !== 0)) {
      throw new ShapeError("convAutoencoder", "height and width must be multiples of 4", { x: x.shape });
    }
    return this.encoder.forward(x);
  }

  decode(code: Tensor): Tensor {
    return this.decoder.forward(code);
  }

  override forward(x: Tensor): Tensor {
    return this.decode(this.encode(x));
  }
}

export const convAutoencoderEntries: readonly ModelEntry[] = [
  {
    name: "conv_autoencoder",
    paper:
      "Masci, Meier, Cireşan, Schmidhuber: Stacked Convolutional Auto-Encoders for Hierarchical Feature Extraction. ICANN",
    year: 2011,
    novelty:
      "Convolutions learn without labels, by rebuilding images from codes that keep where things are; after Hinton and Salakhutdinov's auto-encoders of 2006",
    task: "reconstruction",
    inputShape: [1, 28, 28],
    numClasses: 1,
    parameters: 1_077,
    macs: 250_880,
    head: ["decoder.2"],
    create: (options) => new ConvAutoencoder(options),
  },
];
