import { gradients } from "../../autograd/gradients.ts";
import { compile } from "../../compiler/compile.ts";
import { ArgumentError, ShapeError } from "../../core/errors.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { reshape } from "../../ops/movement.ts";
import { sum } from "../../ops/reduce.ts";
import { reached, type WorkOptions } from "../work.ts";
import type { Heat, MethodDefinition } from "./attribution.ts";
import { channelSum } from "./channels.ts";
import { type Subject, scoreOf, scoresOf } from "./subject.ts";

export interface IntegratedGradientsOptions {
  /** Where the way to the image begins: one number for all elements, or an image of the same size; default 0. */
  readonly baseline?: number | Tensor;
  /** Points on the way; default 32. */
  readonly steps?: number;
}

/** Images that are differentiated at a time. */
const most = 8;

/**
 * (x − x′) · ∫₀¹ ∂f(x′ + α (x − x′))/∂x dα by the midpoint rule, summed over the channels (equation 1).
 *
 * Its sum is f(x) − f(x′) but for the rule's error (proposition 1), which `completeness` of the result shows.
 */
export const integratedGradients: MethodDefinition = {
  title: "Integrated gradients",
  paper: "Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks. arXiv:1703.01365",
  explain: async (subject, options): Promise<Heat> => {
    const start = await baselineOf(subject, options.baseline ?? 0);
    const change = subject.pixels.map((x, i) => x - start[i]!);
    const slopes = await meanGradient(subject, start, change, options.steps ?? 32, options);
    const perChannel = change.map((each, i) => each * slopes[i]!);
    const base = await scoresOf(subject.model)(tensor(start, { shape: subject.image.shape }));
    const difference = subject.score - (await base.data())[subject.class]!;
    const total = perChannel.reduce((a, b) => a + b, 0);
    return {
      values: channelSum(perChannel, subject.channels),
      signed: true,
      perChannel,
      completeness: { sum: total, difference },
    };
  },
};

async function baselineOf({ image, pixels }: Subject, baseline: number | Tensor): Promise<Float32Array> {
  if (typeof baseline === "number") return new Float32Array(pixels.length).fill(baseline);
  if (baseline.size !== pixels.length) {
    throw new ShapeError("integratedGradients", "the baseline must have the image's shape", {
      image: image.shape,
      baseline: baseline.shape,
    });
  }
  return Float32Array.from(await baseline.data());
}

/** The mean of ∂f/∂x at x′ + α (x − x′) for α in the middles of `steps` equal parts of [0, 1]. */
async function meanGradient(
  { model, image, target }: Subject,
  start: Float32Array,
  change: Float32Array,
  steps: number,
  work: WorkOptions,
): Promise<Float64Array> {
  if (!Number.isInteger(steps) || steps < 1)
    throw new ArgumentError(`steps must be 1 or more, but is ${steps}`);
  const { shape } = image;
  const run = compile((from: Tensor, along: Tensor, alphas: Tensor, wanted: Tensor) => {
    const points = add(from, mul(along, reshape(alphas, [alphas.size, 1, 1, 1])));
    const { score } = scoreOf(model, points, wanted);
    return sum(gradients(score, [points])[0]!, 0);
  });
  const total = new Float64Array(start.length);
  const [from, along] = [tensor(start, { shape }), tensor(change, { shape })];
  for (let first = 0; first < steps; first += most) {
    const count = Math.min(most, steps - first);
    const alphas = Float32Array.from({ length: count }, (_, k) => (first + k + 0.5) / steps);
    const slopes = await (await run(from, along, tensor(alphas), target)).data();
    for (let i = 0; i < total.length; i++) total[i]! += slopes[i]! / steps;
    await reached((first + count) / steps, work);
  }
  return total;
}
