import { type BackwardRules, gradients } from "../../autograd/gradients.ts";
import { compile } from "../../compiler/compile.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Heat, MethodDefinition } from "./attribution.ts";
import { channelSum, largestMagnitude } from "./channels.ts";
import { type Subject, scoreOf } from "./subject.ts";

/** ∂score/∂image, [C, H, W]; `rules` replace the gradients of some ops. */
export async function inputGradient(subject: Subject, rules?: BackwardRules): Promise<Float32Array> {
  const run = compile((image: Tensor, target: Tensor) => {
    const { score } = scoreOf(subject.model, image, target);
    return gradients(score, [image], undefined, rules)[0]!;
  });
  return (await (await run(subject.image, subject.target)).data()) as Float32Array;
}

/** |∂f/∂x|, the largest over the channels. */
export const gradient: MethodDefinition = {
  title: "Gradient",
  paper: "Simonyan, Vedaldi, Zisserman: Deep Inside Convolutional Networks. arXiv:1312.6034, section 3",
  explain: async (subject): Promise<Heat> => {
    const perChannel = await inputGradient(subject);
    return { values: largestMagnitude(perChannel, subject.channels), signed: false, perChannel };
  },
};

/** x · ∂f/∂x, summed over the channels: exact shares of the score where the network is linear without biases. */
export const gradientTimesInput: MethodDefinition = {
  title: "Gradient × input",
  paper: "Shrikumar, Greenside, Shcherbina, Kundaje: Not Just a Black Box. arXiv:1605.01713, section 2",
  explain: async (subject): Promise<Heat> => {
    const slopes = await inputGradient(subject);
    const perChannel = slopes.map((slope, i) => slope * subject.pixels[i]!);
    return { values: channelSum(perChannel, subject.channels), signed: true, perChannel };
  },
};
