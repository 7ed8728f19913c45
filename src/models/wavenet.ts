import { ArgumentError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { Conv1d } from "../nn/conv1d.ts";
import { Module } from "../nn/module.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { conv1d } from "../ops/conv.ts";
import { sigmoid, tanh } from "../ops/math.ts";
import { concat, flatten, narrow, permute, reshape } from "../ops/movement.ts";
import { oneHot } from "../ops/one-hot.ts";
import { relu } from "../ops/rectifiers.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";
import { type GenerateOptions, generate } from "./wavenet-generate.ts";

/** Section 2.1: each convolution sees two samples, and each layer of a block twice as far back as the one before. */
const kernelSize = 2;
const codes = 256;

export interface WaveNetOptions extends ModelOptions {
  /** Distances of the two samples in the layers of one block; default 1, 2, 4, …, 512. */
  readonly dilations?: readonly number[];
  /** How often the block is repeated; default 3. */
  readonly blocks?: number;
  /** Channels between layers; default 64. */
  readonly residualChannels?: number;
  /** Channels of what all layers add to the output; default 256. */
  readonly skipChannels?: number;
}

/** A convolution of kernel size 2 whose output at t is made of the inputs at t − dilation and t, with zeros before the first. */
function causalConv(inChannels: number, outChannels: number, dilation: number): Conv1d {
  return new Conv1d(inChannels, outChannels, kernelSize, { dilation, padding: [[dilation, 0]] });
}

/** The convolution's output for two inputs [N, C, 2] that stand `dilation` apart. */
function convolvePair({ weight, bias }: Conv1d, pair: Tensor): Tensor {
  return conv1d(pair, weight, bias ? { bias } : {});
}

interface LayerOutput {
  /** What goes into the next layer. */
  readonly next: Tensor;
  readonly skip: Tensor;
}

/** Figure 4: tanh(W_f ∗ x) · σ(W_g ∗ x), equation 2, which a 1×1 convolution adds to x and another one to the output. */
class GatedLayer extends Module {
  readonly filter: Conv1d;
  readonly gate: Conv1d;
  /** The last layer has none. */
  readonly residual: Conv1d | undefined;
  readonly skip: Conv1d;
  readonly dilation: number;

  constructor(channels: number, skipChannels: number, dilation: number, isLast: boolean) {
    super();
    this.filter = causalConv(channels, channels, dilation);
    this.gate = causalConv(channels, channels, dilation);
    if (!isLast) this.residual = new Conv1d(channels, channels, 1);
    this.skip = new Conv1d(channels, skipChannels, 1);
    this.dilation = dilation;
  }

  override forward(x: Tensor): Tensor {
    return this.run(x).next;
  }

  run(x: Tensor): LayerOutput {
    return this.#outputs(x, this.filter.forward(x), this.gate.forward(x));
  }

  /** The same for the last sample alone, given the layer's input `dilation` samples before; both [N, C, 1]. */
  step(x: Tensor, past: Tensor): LayerOutput {
    const pair = concat([past, x], 2);
    return this.#outputs(x, convolvePair(this.filter, pair), convolvePair(this.gate, pair));
  }

  #outputs(x: Tensor, filtered: Tensor, gating: Tensor): LayerOutput {
    const gated = mul(tanh(filtered), sigmoid(gating));
    return {
      next: this.residual ? add(x, this.residual.forward(gated)) : x,
      skip: this.skip.forward(gated),
    };
  }
}

/**
 * Samples [N, codes, T], one-hot, to logits [N, codes, T] of the sample that follows each: the output at t depends on the
 * inputs up to t, and on no more than {@link receptiveField} of them.
 */
export class WaveNet extends Module {
  readonly causal: Conv1d;
  readonly layers: readonly GatedLayer[];
  readonly hidden: Conv1d;
  readonly classifier: Conv1d;
  readonly inChannels: number;
  readonly numClasses: number;
  readonly residualChannels: number;

  constructor(options: WaveNetOptions = {}) {
    super();
    const { numClasses = codes, inChannels = codes, residualChannels = 64, skipChannels = 256 } = options;
    const { blocks = 3, dilations = Array.from({ length: 10 }, (_, i) => 2 ** i) } = options;
    if (blocks * dilations.length < 1) throw new ArgumentError("WaveNet: there must be at least one layer");
    const all = Array.from({ length: blocks }, () => dilations).flat();
    this.causal = causalConv(inChannels, residualChannels, 1);
    this.layers = all.map((dilation, i) => {
      return new GatedLayer(residualChannels, skipChannels, dilation, i === all.length - 1);
    });
    this.hidden = new Conv1d(skipChannels, skipChannels, 1);
    this.classifier = new Conv1d(skipChannels, numClasses, 1);
    this.inChannels = inChannels;
    this.numClasses = numClasses;
    this.residualChannels = residualChannels;
  }

  /** How many samples an output depends on: 3,071 without options, 192 ms at 16 kHz. */
  get receptiveField(): number {
    return this.layers.reduce((total, { dilation }) => total + dilation, kernelSize);
  }

  override forward(x: Tensor): Tensor {
    let y = this.causal.forward(x);
    const skips = this.layers.map((layer) => {
      const { next, skip } = layer.run(y);
      y = next;
      return skip;
    });
    return this.#classify(skips);
  }

  /** {@link forward} for int32 codes [N, T], such as `muLawEncode` gives. */
  forwardCodes(x: Tensor): Tensor {
    return this.forward(permute(oneHot(x, this.inChannels), [0, 2, 1]));
  }

  /**
   * The logits after one more sample and what each layer needs of it later, in the time of one output.
   *
   * @param pair the last two samples, [1, codes, 2].
   * @param past of each layer its input `dilation` samples before, [layers, residualChannels].
   * @returns logits and each layer's input, one after the other.
   */
  step(pair: Tensor, past: Tensor): Tensor {
    const skips: Tensor[] = [];
    const inputs: Tensor[] = [];
    let y = convolvePair(this.causal, pair);
    for (const [i, layer] of this.layers.entries()) {
      inputs.push(y);
      const { next, skip } = layer.step(y, reshape(narrow(past, 0, i, i + 1), y.shape));
      skips.push(skip);
      y = next;
    }
    return concat([this.#classify(skips), ...inputs].map((part) => flatten(part)));
  }

  /** Draws codes one after the other, each from the distribution that the network gives after those before it. */
  generate(length: number, options: GenerateOptions = {}): Promise<Int32Array> {
    return generate(this, length, options);
  }

  #classify(skips: readonly Tensor[]): Tensor {
    const total = skips.reduce((a, b) => add(a, b));
    return this.classifier.forward(relu(this.hidden.forward(relu(total))));
  }
}

export const wavenetEntries: readonly ModelEntry[] = [
  {
    name: "wavenet",
    paper:
      "Van den Oord, Dieleman, Zen, Simonyan, Vinyals, Graves, Kalchbrenner, Senior, Kavukcuoglu: WaveNet: A Generative Model for Raw Audio. arXiv:1609.03499",
    year: 2016,
    novelty:
      "Dilated causal convolutions see thousands of samples back, and so draw sound one sample after the other",
    task: "generation",
    inputShape: [codes, 4096],
    numClasses: codes,
    parameters: 1_279_616,
    macs: 5_184_159_744,
    head: ["classifier"],
    create: (options) => new WaveNet(options),
  },
];
