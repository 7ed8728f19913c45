import { type Tensor, tensor } from "../core/tensor.ts";
import { Variable } from "../core/variable.ts";
import { Conv2d } from "../nn/conv2d.ts";
import * as init from "../nn/init.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { Parameter } from "../nn/parameter.ts";
import { add, mul, neg, square, sub } from "../ops/arithmetic.ts";
import { avgPool2d } from "../ops/avg-pool.ts";
import { take } from "../ops/gather.ts";
import { tanh } from "../ops/math.ts";
import { concat, flatten, reshape, unsqueeze } from "../ops/movement.ts";
import { sum } from "../ops/reduce.ts";
import { bitmapSize, digitBitmap } from "./digit-bitmaps.ts";
import type { ModelEntry, ModelOptions } from "./model-entry.ts";

/** Figure 2: feature maps of C1 and S2, of C3 and S4, of C5, and units of F6. */
const c1: number = 6;
const c3: number = 16;
const c5: number = 120;
const f6: number = bitmapSize;

/** Table I: a row for each map of S2, and in it a mark for each map of C3 that reads it. */
const connections: readonly string[] = [
  "X...XXX..XXXX.XX",
  "XX...XXX..XXXX.X",
  "XXX...XXX..X.XXX",
  ".XXX..XXXX..X.XX",
  "..XXX..XXXX.XX.X",
  "...XXX..XXXX.XXX",
];

/** Equation 6 and appendix A: A tanh(S a), which is ±1 at ±1. */
function squash(a: Tensor): Tensor {
  return mul(tanh(mul(a, 2 / 3)), 1.7159);
}

/** Section III, C: U(±2.4/F), with F the inputs of a unit. */
function draw(parameter: Parameter, inputs: number): void {
  init.uniform(parameter, -2.4 / inputs, 2.4 / inputs);
}

/** S2 and S4: each map's sums of 2×2, times a coefficient, plus a bias; both are learned. */
class Subsampling extends Module {
  /** [channels]. */
  readonly coefficient: Parameter;
  /** [channels]. */
  readonly bias: Parameter;

  constructor(channels: number) {
    super();
    this.coefficient = Parameter.zeros([channels]);
    this.bias = Parameter.zeros([channels]);
    for (const parameter of [this.coefficient, this.bias]) draw(parameter, 4);
  }

  override forward(x: Tensor): Tensor {
    const [coefficient, bias] = [this.coefficient, this.bias].map((each) => reshape(each, [-1, 1, 1]));
    return add(mul(avgPool2d(x, 2, { divisorOverride: 1 }), coefficient!), bias!);
  }
}

/** C3: maps that read as many others are one convolution with a group for each. */
class SparseConv2d extends Module {
  readonly convs: readonly Conv2d[];
  readonly #inputs: readonly (readonly number[])[];

  constructor(table: readonly string[], kernelSize: number) {
    super();
    const read = Array.from(table[0]!, (_, map) => [...table.keys()].filter((i) => table[i]![map] === "X"));
    const counts = [...new Set(read.map(({ length }) => length))];
    const alike = counts.map((count) => read.filter(({ length }) => length === count));
    this.#inputs = alike.map((maps) => maps.flat());
    this.convs = alike.map((maps) => {
      return new Conv2d(maps.flat().length, maps.length, kernelSize, { groups: maps.length });
    });
  }

  override forward(x: Tensor): Tensor {
    const maps = this.convs.map((conv, i) => conv.forward(take(x, this.#inputs[i]!, 1)));
    return concat(maps, 1);
  }
}

/**
 * Equation 7, negated: −Σ (x_j − w_ij)², so that the likeliest class has the largest output.
 *
 * The w_i are the pictures of the digits and are not learned; classes beyond these have the ±1 of Walsh functions, an
 * error-correcting code such as the paper names for another choice.
 */
class RadialBasis extends Module {
  /** [numClasses, 84]. */
  readonly weight: Variable;

  constructor(numClasses: number) {
    super();
    const rows = Array.from({ length: numClasses }, (_, i) => (i < 10 ? digitBitmap(i) : walsh(i)));
    this.weight = new Variable(tensor(rows), { trainable: false });
  }

  override forward(x: Tensor): Tensor {
    return neg(sum(square(sub(unsqueeze(x, 1), this.weight)), -1));
  }
}

/** (−1) to the number of common binary digits of `i` and each position. */
function walsh(i: number): number[] {
  const parity = (bits: number): number => (bits === 0 ? 0 : (bits & 1) ^ parity(bits >>> 1));
  return Array.from({ length: bitmapSize }, (_, j) => 1 - 2 * parity(i & j));
}

/**
 * LeNet-5 as it was published: images of 32×32, trainable subsampling, a sparse C3, scaled tanh and distances from
 * pictures of the digits. 60,000 parameters and 340,908 connections.
 *
 * The paper's images have the background at −0.1 and the foreground at 1.175.
 */
export class OriginalLeNet5 extends Module {
  readonly c1: Conv2d;
  readonly s2: Subsampling = new Subsampling(c1);
  readonly c3: SparseConv2d = new SparseConv2d(connections, 5);
  readonly s4: Subsampling = new Subsampling(c3);
  readonly c5: Conv2d = new Conv2d(c3, c5, 5);
  readonly f6: Linear = new Linear(c5, f6);
  readonly output: RadialBasis;

  constructor({ numClasses = 10, inChannels = 1 }: ModelOptions = {}) {
    super();
    this.c1 = new Conv2d(inChannels, c1, 5);
    this.output = new RadialBasis(numClasses);
    for (const { weight, bias } of [this.c1, ...this.c3.convs, this.c5, this.f6]) {
      for (const parameter of [weight, bias!]) draw(parameter, init.fansOf(weight.shape).fanIn);
    }
  }

  override forward(x: Tensor): Tensor {
    const maps = [this.c1, this.s2, this.c3, this.s4, this.c5];
    const features = maps.reduce<Tensor>((y, layer) => squash(layer.forward(y)), x);
    return this.output.forward(squash(this.f6.forward(flatten(features, 1))));
  }
}

export const lenet1998Entries: readonly ModelEntry[] = [
  {
    name: "lenet5_1998",
    paper:
      "LeCun, Bottou, Bengio, Haffner: Gradient-Based Learning Applied to Document Recognition. Proceedings of the IEEE 86(11)",
    year: 1998,
    novelty:
      "Convolution, subsampling and full connection as one network that is trained from pixels to classes by gradients",
    task: "classification",
    inputShape: [1, 32, 32],
    numClasses: 10,
    parameters: 60_000,
    macs: 325_680,
    accuracy: { dataset: "MNIST", top1: 99.05 },
    head: ["output"],
    create: (options?: ModelOptions): OriginalLeNet5 => new OriginalLeNet5(options),
  },
];
