import type { Tensor } from "../core/tensor.ts";
import { AdaptiveAvgPool2d } from "../nn/adaptive-avg-pool2d.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { ReLU } from "../nn/relu.ts";
import type { Sequential } from "../nn/sequential.ts";
import { add } from "../ops/arithmetic.ts";
import { flatten } from "../ops/movement.ts";
import { convNorm } from "./conv-norm.ts";
import { gaussian, heFanOut, initialize } from "./initialize.ts";
import { makeDivisible } from "./make-divisible.ts";
import type { ModelOptions } from "./model-entry.ts";
import { NamedSequential, numbered } from "./named-sequential.ts";
import { SqueezeExcitation } from "./squeeze-excitation.ts";

/** A network of the design space, by the paper's letters. */
export interface RegNetSettings {
  /** d: blocks. */
  readonly depth: number;
  /** w₀: channels of the first block before they are quantized. */
  readonly initialWidth: number;
  /** wₐ: by how much these grow with every block. */
  readonly slope: number;
  /** w_m: the factor from one quantized width to the next. */
  readonly step: number;
  /** g: channels of a group of the 3×3 convolutions. */
  readonly groupWidth: number;
  /** Of the squeeze-and-excitation's inner channels to the block's input channels; default none, a RegNetX. */
  readonly squeeze?: number;
}

/** Channels of the first convolution, which halves the extents. */
const stem = 32;

interface Stage {
  readonly width: number;
  readonly count: number;
  readonly groupWidth: number;
}

/** To the nearest whole number, a half to the even one, as the authors' arithmetic rounds. */
function round(x: number): number {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below % 2) : Math.round(x);
}

/** Equations 2 to 4: blocks whose quantized widths agree are a stage, whose width its groups then divide. */
function stagesOf({ depth, initialWidth, slope, step, groupWidth }: RegNetSettings): Stage[] {
  const counts = new Map<number, number>();
  for (let j = 0; j < depth; j++) {
    const u = initialWidth + slope * j;
    const s = round(Math.log(u / initialWidth) / Math.log(step));
    const width = 8 * round((initialWidth * step ** s) / 8);
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  return [...counts].map(([width, count]) => {
    const fitting = Math.min(groupWidth, width);
    return { width: makeDivisible(width, fitting), count, groupWidth: fitting };
  });
}

/** Figure 4: x + f(x) with 1×1, 3×3 in groups and 1×1, all of the same width. */
class Block extends Module {
  readonly proj: Sequential | undefined;
  readonly f: NamedSequential;
  readonly activation: ReLU = new ReLU();

  constructor(inChannels: number, { width, groupWidth }: Stage, stride: number, squeeze: number | undefined) {
    super();
    const fits = stride === 1 && inChannels === width;
    this.proj = fits ? undefined : convNorm(inChannels, width, 1, { stride, activation: null });
    this.f = new NamedSequential({
      a: convNorm(inChannels, width, 1),
      b: convNorm(width, width, 3, { stride, groups: width / groupWidth }),
      ...(squeeze && { se: new SqueezeExcitation(width, round(squeeze * inChannels)) }),
      c: convNorm(width, width, 1, { activation: null }),
    });
  }

  override forward(x: Tensor): Tensor {
    return this.activation.forward(add(this.proj?.forward(x) ?? x, this.f.forward(x)));
  }
}

export class RegNet extends Module {
  readonly stem: Sequential;
  readonly trunkOutput: NamedSequential;
  readonly avgpool: AdaptiveAvgPool2d = new AdaptiveAvgPool2d(1);
  readonly fc: Linear;

  constructor(settings: RegNetSettings, { numClasses = 1000, inChannels = 3 }: ModelOptions = {}) {
    super();
    this.stem = convNorm(inChannels, stem, 3, { stride: 2 });
    let channels = stem;
    const stages = stagesOf(settings).map((stage, i) => {
      const blocks: Record<string, Module> = {};
      for (let j = 0; j < stage.count; j++) {
        blocks[`block${i + 1}-${j}`] = new Block(channels, stage, j === 0 ? 2 : 1, settings.squeeze);
        channels = stage.width;
      }
      return new NamedSequential(blocks);
    });
    this.trunkOutput = new NamedSequential(numbered("block", stages));
    this.fc = new Linear(channels, numClasses);
    initialize(this, { conv: heFanOut, linear: gaussian(0.01) });
  }

  override forward(x: Tensor): Tensor {
    const maps = this.trunkOutput.forward(this.stem.forward(x));
    return this.fc.forward(flatten(this.avgpool.forward(maps), 1));
  }
}
