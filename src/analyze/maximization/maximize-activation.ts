import { type BackwardRules, gradients } from "../../autograd/gradients.ts";
import { compile } from "../../compiler/compile.ts";
import { ArgumentError } from "../../core/errors.ts";
import { Tensor, tensor } from "../../core/tensor.ts";
import { type Normalization, unitScale } from "../../data/normalization.ts";
import { Random } from "../../data/random.ts";
import type { ImageShape } from "../../data/source.ts";
import type { Module } from "../../nn/module.ts";
import { withMode } from "../../nn/with-mode.ts";
import { add, div, mul, square, sub } from "../../ops/arithmetic.ts";
import { greater, logicalOr, where } from "../../ops/compare.ts";
import { exp, sigmoid, sqrt } from "../../ops/math.ts";
import { matmul } from "../../ops/matmul.ts";
import { narrow, reshape, transpose } from "../../ops/movement.ts";
import { mean, sum } from "../../ops/reduce.ts";
import { classScores } from "../class-scores.ts";
import { requireCall, traceLayers } from "../trace-layers.ts";
import { reached, type WorkOptions } from "../work.ts";
import { pixelBasis, waveBasis } from "./image-basis.ts";
import { blurredLine, movedLine } from "./line-matrix.ts";

export interface MaximizationOptions extends WorkOptions {
  /** [C, H, W] of what the network takes. */
  readonly imageShape: ImageShape;
  /** The layer whose channels are maximized; default the class scores before softmax. */
  readonly layer?: string;
  /** The channels, or classes; each gets an image of its own. */
  readonly channels: readonly number[];
  /** How an image of [0, 1] becomes the network's input; default unchanged. */
  readonly normalization?: Normalization;
  /** Default 256. */
  readonly steps?: number;
  /** Of Adam, in the units of the coefficients; default 0.05. */
  readonly learningRate?: number;
  /** What is changed: waves and colours as photographs have them (the default), or pixels. */
  readonly basis?: "waves" | "pixels";
  /** Before each step the image is moved by up to so many pixels and scaled by up to 5 %; default a 16th of its width. */
  readonly jitter?: number;
  /** How strongly values are drawn to grey, and neighbours to each other, beside the activation's pull of 1; default 0. */
  readonly l2?: number;
  readonly totalVariation?: number;
  /** Pixels of the Gaussian that smooths each step; default 0. */
  readonly blur?: number;
  /** Default 0. */
  readonly seed?: number;
}

export interface Maximization {
  readonly layer: string | undefined;
  readonly channels: readonly number[];
  readonly imageShape: ImageShape;
  /** [N, C, H, W] in [0, 1]: an image for each channel, channels in the network's order. */
  readonly images: Float32Array;
  /** The channels' means over all places (or the scores): of the first images, and of the last. */
  readonly before: Float32Array;
  readonly after: Float32Array;
}

/** Steps at first in which closed ReLUs pass on what would open them, so that no channel stays without a gradient. */
const openingSteps = 16;

const opening: BackwardRules = new Map(
  ["relu", "relu6"].map((name) => [
    name,
    ({ output, gradient }) => [where(logicalOr(greater(output, 0), greater(gradient, 0)), gradient, 0)],
  ]),
);

/**
 * Images that excite channels of a network as much as possible, by gradient ascent from noise (Erhan, Bengio, Courville,
 * Vincent 2009; Simonyan et al. 2013, arXiv:1312.6034, section 2).
 *
 * The activation is the channel's mean over all places. Its gradient with respect to the pixels is scaled to a root mean
 * square of 1, so that the strengths of the regularization mean the same for every layer.
 *
 * @throws ArgumentError for a layer or channel that there is not.
 */
export function maximizeActivation(model: Module, options: MaximizationOptions): Promise<Maximization> {
  return withMode(model, false, () => maximize(model, options));
}

async function maximize(model: Module, options: MaximizationOptions): Promise<Maximization> {
  const { imageShape, layer, channels, steps = 256, learningRate = 0.05, seed = 0 } = options;
  const [, height, width] = imageShape;
  const { jitter = width / 16, basis = "waves" } = options;
  const target = targetOf(model, options);
  const toValues = basis === "waves" ? waveBasis(imageShape) : pixelBasis;
  const paint = (coefficients: Tensor): Tensor => sigmoid(toValues(coefficients));
  const measure = compile((coefficients: Tensor, wanted: Tensor) =>
    sum(mul(activation(model, paint(coefficients), options), wanted), 1),
  );
  const ascend = (rules: BackwardRules | undefined) =>
    compile((state: State, places: Places, wanted: Tensor) => {
      const images = paint(state.coefficients);
      const seen = matmul(matmul(places.rows, images), transpose(places.columns));
      const value = sum(mul(activation(model, seen, options), wanted));
      const pull = regularized(images, gradients(value, [images], undefined, rules)[0]!, options);
      const slope = gradients(images, [state.coefficients], pull)[0]!;
      return adam(state, slope, places.step, learningRate);
    });
  const [first, later] = [ascend(opening), ascend(undefined)];
  const random = new Random(seed, "noise");
  const shape = [channels.length, ...imageShape];
  const noise = Float32Array.from({ length: channels.length * imageShape[0] * height * width }, () =>
    random.normal(0, 0.01),
  );
  const zero = tensor(new Float32Array(noise.length), { shape });
  let state: State = { coefficients: tensor(noise, { shape }), momentum: zero, squares: zero };
  const before = (await (await measure(state.coefficients, target)).data()) as Float32Array;
  for (let step = 1; step <= steps; step++) {
    const scale = jitter === 0 ? 1 : random.uniform(0.95, 1.05);
    const places = {
      rows: movedLine(height, random.uniform(-jitter, jitter), scale),
      columns: movedLine(width, random.uniform(-jitter, jitter), scale),
      step: tensor([step]),
    };
    state = await (step <= openingSteps ? first : later)(state, places, target);
    await reached(step / steps, options);
  }
  const images = (await compile(paint)(state.coefficients).then((each) => each.data())) as Float32Array;
  const after = (await (await measure(state.coefficients, target)).data()) as Float32Array;
  return { layer, channels, imageShape, images, before, after };
}

/** One image a row: [N, K], 1 for the channel that it is to excite. */
function targetOf(model: Module, options: MaximizationOptions): Tensor {
  const { channels, imageShape, layer } = options;
  if (channels.length === 0) throw new ArgumentError("there is no channel to maximize");
  const [, count] = activation(model, Tensor.input({ shape: [1, ...imageShape], dtype: "float32" }), options)
    .shape as [number, number];
  const values = new Float32Array(channels.length * count);
  channels.forEach((channel, n) => {
    if (!Number.isInteger(channel) || channel < 0 || channel >= count) {
      const where = layer === undefined ? "class" : "channel";
      const owner = layer === undefined ? "the network" : `the layer "${layer}"`;
      throw new ArgumentError(
        `there is no ${where} ${channel}: ${owner} has ${count}, from 0 to ${count - 1}`,
      );
    }
    values[n * count + channel] = 1;
  });
  return tensor(values, { shape: [channels.length, count] });
}

/** The means over all places of a layer's channels, or the class scores, [N, K], for images of [0, 1]. */
function activation(model: Module, images: Tensor, options: MaximizationOptions): Tensor {
  const { layer, imageShape, normalization = unitScale(imageShape[0]) } = options;
  const shape = [1, imageShape[0], 1, 1];
  const input = div(
    sub(images, tensor([...normalization.mean], { shape })),
    tensor([...normalization.std], { shape }),
  );
  const trace = traceLayers(model, input);
  if (layer === undefined) return classScores(trace.output);
  const { output } = requireCall(trace, layer);
  if (output.rank < 2) {
    throw new ArgumentError(`the layer "${layer}" makes [${output.shape.join(", ")}], which has no channels`);
  }
  const flat = reshape(output, [output.shape[0]!, output.shape[1]!, -1]);
  return mean(flat, 2);
}

/** The way in which pixels are to change: the activation's gradient, smoothed, less what the regularization asks. */
function regularized(images: Tensor, slope: Tensor, options: MaximizationOptions): Tensor {
  const { l2 = 0, totalVariation = 0, blur = 0, imageShape } = options;
  const [, height, width] = imageShape;
  const size = sqrt(add(mean(square(slope), [1, 2, 3], { keepDims: true }), 1e-20));
  let pull = div(slope, size);
  if (blur > 0) pull = matmul(matmul(blurredLine(height, blur), pull), transpose(blurredLine(width, blur)));
  if (l2 > 0) pull = sub(pull, mul(sub(images, 0.5), 2 * l2));
  if (totalVariation > 0) {
    const [bend] = gradients(variation(images), [images]);
    pull = sub(pull, mul(bend!, totalVariation));
  }
  return pull;
}

/** Σ √(dx² + dy² + ε) over all pixels that have neighbours to the right and below. */
function variation(images: Tensor): Tensor {
  const [height, width] = images.shape.slice(2) as [number, number];
  const part = (top: number, left: number): Tensor =>
    narrow(narrow(images, 2, top, height - 1 + top), 3, left, width - 1 + left);
  const corner = part(0, 0);
  return sum(sqrt(add(add(square(sub(part(1, 0), corner)), square(sub(part(0, 1), corner))), 1e-6)));
}

interface State {
  readonly [name: string]: Tensor;
  readonly coefficients: Tensor;
  readonly momentum: Tensor;
  readonly squares: Tensor;
}

interface Places {
  readonly [name: string]: Tensor;
  readonly rows: Tensor;
  readonly columns: Tensor;
  readonly step: Tensor;
}

/** One step of Adam upwards (Kingma & Ba, arXiv:1412.6980, algorithm 1), with 0.9 and 0.999. */
function adam({ coefficients, momentum, squares }: State, slope: Tensor, step: Tensor, rate: number): State {
  const nextMomentum = add(mul(momentum, 0.9), mul(slope, 0.1));
  const nextSquares = add(mul(squares, 0.999), mul(square(slope), 0.001));
  const correction = (beta: number): Tensor => sub(1, exp(mul(step, Math.log(beta))));
  const change = div(
    div(nextMomentum, correction(0.9)),
    add(sqrt(div(nextSquares, correction(0.999))), 1e-8),
  );
  return {
    coefficients: add(coefficients, mul(change, rate)),
    momentum: nextMomentum,
    squares: nextSquares,
  };
}
