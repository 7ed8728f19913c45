import { compile } from "../../compiler/compile.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { div, mul, sub } from "../../ops/arithmetic.ts";
import { interpolate } from "../../ops/interpolate.ts";
import { max, min, sum } from "../../ops/reduce.ts";
import { classScores } from "../class-scores.ts";
import { traceLayers } from "../trace-layers.ts";
import { reached } from "../work.ts";
import type { Heat, MethodDefinition } from "./attribution.ts";
import { camLayer, spread } from "./cam.ts";
import { type Subject, scoresOf } from "./subject.ts";

/** Images that are run at a time. */
const most = 8;

/**
 * ReLU(Σₖ αₖ Aₖ) with αₖ the softmax over k of the class's score for the image times Aₖ, scaled up and to [0, 1]
 * (algorithm 1). It needs no gradient, but a run of the network for each map that is not constant.
 */
export const scoreCam: MethodDefinition = {
  title: "Score-CAM",
  paper: "Wang, Wang, Du, Yang, Zhang, Ding, Mardziel, Hu: Score-CAM. arXiv:1910.01279, section 3",
  explain: async (subject, options): Promise<Heat> => {
    let layer = "";
    const look = compile((image: Tensor) => {
      const found = camLayer(traceLayers(subject.model, image), options.layer);
      layer = found.name;
      return found.output;
    });
    const maps = await look(subject.image);
    const [, count, h, w] = maps.shape as [number, number, number, number];
    const values = (await maps.data()) as Float32Array;
    const place = (k: number): Float32Array => values.subarray(k * h * w, (k + 1) * h * w);
    const telling = Array.from({ length: count }, (_, k) => k).filter((k) =>
      place(k).some((value) => value !== place(k)[0]),
    );
    // A constant map shows nothing of the image.
    const dark = await scoresOf(subject.model)(
      tensor(new Float32Array(subject.pixels.length), subject.image),
    );
    const scores = new Float64Array(count).fill((await dark.data())[subject.class]!);
    const run = compile(maskedScores(subject));
    for (let first = 0; first < telling.length; first += most) {
      const batch = telling.slice(first, first + most);
      const masks = new Float32Array(batch.length * h * w);
      batch.forEach((k, n) => {
        masks.set(place(k), n * h * w);
      });
      const shown = tensor(masks, { shape: [batch.length, 1, h, w] });
      const found = await (await run(subject.image, shown, subject.target)).data();
      batch.forEach((k, n) => {
        scores[k] = found[n]!;
      });
      await reached((first + batch.length) / telling.length, options);
    }
    const largest = scores.reduce((a, b) => Math.max(a, b));
    const powers = scores.map((score) => Math.exp(score - largest));
    const total = powers.reduce((a, b) => a + b, 0);
    const map = new Float32Array(h * w);
    for (let i = 0; i < map.length; i++) {
      let value = 0;
      for (let k = 0; k < count; k++) value += (powers[k]! / total) * values[k * h * w + i]!;
      map[i] = Math.max(0, value);
    }
    return spread(tensor(map, { shape: [1, 1, h, w] }), layer, subject);
  },
};

/** The class's score for the image times each mask [N, 1, h, w], scaled to the image's size and to [0, 1]. */
function maskedScores({ model, height, width }: Subject) {
  return (image: Tensor, masks: Tensor, target: Tensor): Tensor => {
    const wide = interpolate(masks, { size: [height, width], mode: "bilinear" });
    const low = min(wide, [2, 3], { keepDims: true });
    const high = max(wide, [2, 3], { keepDims: true });
    const shares = div(sub(wide, low), sub(high, low));
    return sum(mul(classScores(model.forward(mul(image, shares))), target), 1);
  };
}
